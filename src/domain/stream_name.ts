/** A user's id; {@link isUserId} says which texts are one. */
export type UserId = string;

/** The name of a stream: `user:<id>` (one per user) or `topic:<name>`. */
export type StreamName = `user:${string}` | `topic:${string}`;

/** A topic's stream, as in messages. */
export type TopicStream = `topic:${string}`;

/** The topic that every user belongs to, without joining and without leaving. */
export const EVERYONE: TopicStream = "topic:everyone";

/** The name of a topic: operators make them, and they stand in patterns and addresses. */
export const TOPIC_PATTERN = /^[A-Za-z0-9._:@-]{1,128}$/;
/** What is said of a topic's name that is not one. */
export const TOPIC_FORM = "must be 1–128 of A–Z a–z 0–9 . _ : @ -";

/** The most characters of a user's id (OpenID Connect Core, 2). */
export const USER_ID_MAX = 255;
/** What is said of a user's id that is not one. */
export const USER_ID_FORM = `must be 1–${USER_ID_MAX} visible characters, without white space, ` +
  "control characters and invisible ones";

const ASCII = /^[!-~]{1,255}$/;
/** Of any script, but no control, format and half characters, and no white space. */
const VISIBLE = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Z}]{1,255}$/u;

/**
 * Whether a text is a user's id. Applications and identity providers make them, so that what they issue
 * is taken: `auth0|507f191e`, `ada+work@example.com`, `uid=ada,ou=people`. Ids are compared
 * exactly: neither case nor Unicode normalisation makes two of them one.
 *
 * `.` and `..` are none: no address could name them.
 */
export function isUserId(value: unknown): value is UserId {
  if (typeof value !== "string" || value === "." || value === "..") return false;
  return ASCII.test(value) || VISIBLE.test(value);
}

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

/** The stream of a topic: `topicStream("news")` is `"topic:news"`. */
export function topicStream(topic: string): TopicStream {
  return `topic:${topic}`;
}

/** Whether a stream is a topic's, not a user's. */
export function isTopic(stream: StreamName): stream is TopicStream {
  return stream.startsWith("topic:");
}

/** The user, or the topic, whose stream it is. */
export function ownerOf(stream: StreamName): string {
  return stream.slice(stream.indexOf(":") + 1);
}
