/** A user's id: 1–128 of `[A-Za-z0-9._:@-]`. */
export type UserId = string;

/** The name of a stream: `user:<id>` (one per user) or `topic:<name>`. */
export type StreamName = `user:${string}` | `topic:${string}`;

/** A topic's stream, as in messages. */
export type TopicStream = `topic:${string}`;

/** The topic that every user belongs to, without joining and without leaving. */
export const EVERYONE: TopicStream = "topic:everyone";

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
