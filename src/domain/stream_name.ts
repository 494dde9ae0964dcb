/** A user's id: 1–128 of `[A-Za-z0-9._:@-]`. */
export type UserId = string;

/** The name of a stream: `user:<id>` (one per user) or `topic:<name>`. */
export type StreamName = `user:${string}` | `topic:${string}`;

/** The id pattern that users and topics share. */
export const ID_PATTERN = /^[A-Za-z0-9._:@-]{1,128}$/;

/**
 * The stream of one user.
 *
 * @example
 * ```ts
 * userStream("ada"); // "user:ada"
 * ```
 */
export function userStream(user: UserId): StreamName {
  return `user:${user}`;
}
