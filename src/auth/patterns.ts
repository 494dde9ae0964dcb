import type { TopicMembership } from "../domain/topic_membership.ts";
import {
  EVERYONE,
  ownerOf,
  type TopicStream,
  topicStream,
  type UserId,
} from "../domain/stream_name.ts";
import type { UserToken } from "./token_verifier.ts";
import { ServiceError } from "../errors.ts";

/**
 * Whether a name is allowed by a token's list of patterns: each is a name, or ends in `*`, which stands
 * for any rest.
 *
 * @example
 * ```ts
 * allows(["news", "team.*"], "team.red"); // true
 * ```
 */
export function allows(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name
  );
}

/**
 * Whether the bearer of a token may publish to a topic. `everyone` has to be named: who is given all
 * topics of an application is not meant to reach every user of it.
 */
export function mayPublish({ publish }: Pick<UserToken, "publish">, topic: TopicStream): boolean {
  return topic === EVERYONE ? publish.includes(EVERYONE) : allows(publish, topic);
}

/**
 * The stream of a topic that the bearer of a token may join.
 *
 * @throws {ServiceError} `forbidden` where the token's `topics` do not name it
 */
export function joinable({ topics }: Pick<UserToken, "topics">, topic: string): TopicStream {
  const stream = topicStream(topic);
  if (stream === EVERYONE || allows(topics, topic)) return stream;
  throw new ServiceError("forbidden", "The token's `topics` do not allow this topic");
}

/** Whether a membership counts: what a user has joined does only while the token allows the topic. */
export function isInForce(
  topic: TopicStream,
  { granted }: TopicMembership,
  token: Pick<UserToken, "topics">,
): boolean {
  return granted || allows(token.topics, ownerOf(topic));
}

/** Whose inbox the bearer of a token reads, and which memberships count in it. */
export function readerOf({ user, topics }: UserToken): {
  readonly user: UserId;
  readonly isInForce: (topic: TopicStream, membership: TopicMembership) => boolean;
} {
  return { user, isInForce: (topic, membership) => isInForce(topic, membership, { topics }) };
}

/**
 * The stream of a topic that can be left.
 *
 * @throws {ServiceError} `invalid_request` for `everyone`
 */
export function leavable(topic: string): TopicStream {
  const stream = topicStream(topic);
  if (stream !== EVERYONE) return stream;
  throw new ServiceError(
    "invalid_request",
    "Everyone belongs to `everyone`, and nobody can leave it",
  );
}
