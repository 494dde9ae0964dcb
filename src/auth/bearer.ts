const BEARER = /^Bearer +(\S+) *$/i;

/**
 * The credentials of an `Authorization` header: a user's token or a publisher's key (RFC 6750, 2.1).
 *
 * @param header its value; null where there is none
 * @returns undefined where it holds none
 */
export function bearerOf(header: string | null): string | undefined {
  return BEARER.exec(header ?? "")?.[1];
}
