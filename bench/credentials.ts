/** Secrets of servers that live as long as a measurement and listen on loopback. */
export const credentials = {
  /** Signs the users' tokens. */
  jwtSecret: "bench-only-secret-of-thirty-two-bytes-or-more",
  /** What a publisher sends. */
  publisherSecret: "bench-only-publisher-secret-0123456789",
} as const;
