import { Forbidden } from "../../auth/errors.ts";
import { joinable, mayPublish, readerOf } from "../../auth/patterns.ts";
import type { UserToken } from "../../auth/token_verifier.ts";
import { RateLimited } from "../../limits/rate_limit.ts";
import { type TopicStream, topicStream } from "../../domain/stream_name.ts";
import {
  IdempotencyConflict,
  IdempotencyInProgress,
  NotAMember,
  Overloaded,
  TooManyTopics,
  Unavailable,
} from "../../store/errors.ts";
import type { Marks } from "../../store/inbox/marks.ts";
import type { Topics } from "../../store/inbox/topics.ts";
import { InvalidRequest, PayloadTooLarge } from "../../schemas/errors.ts";
import { leavable } from "../../schemas/leavable.ts";
import { targetsOf } from "../../schemas/mark.ts";
import type { RequestMessage } from "../../../protocol/messages.ts";
import type { Encoding } from "../protocol/subprotocol.ts";

/** Publishes what a user sends to a topic. */
export interface PublishFromUser {
  /**
   * @param user the sender
   * @param message `value` is the notification as it was sent, without its recipients and without
   * fields that are not known; its `data` may hold byte strings where that is CBOR
   */
  (user: string, message: {
    topic: TopicStream;
    value: Record<string, unknown>;
    encoding: Encoding;
    idempotencyKey: string | undefined;
  }): Promise<void>;
}

export interface RequestServices {
  readonly marks: Marks;
  readonly topics: Topics;
  readonly publishFromUser: PublishFromUser;
}

/** What a client is told of a request that was not carried out. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Carries out one request of a user's device. Rejects with what {@link refusalOf} tells of. */
export async function carryOut(
  message: RequestMessage,
  { token, encoding }: { token: UserToken; encoding: Encoding },
  { marks, topics, publishFromUser }: RequestServices,
): Promise<void> {
  switch (message.type) {
    case "mark":
      return await marks.mark(readerOf(token), { op: message.op, targets: targetsOf(message) });
    case "subscribe":
      return await topics.join(token.user, joinable(token, message.topic), false);
    case "unsubscribe":
      return await topics.leave(token.user, leavable(message.topic));
    case "publish": {
      const { type: _, ref: __, topic, idempotencyKey, ...value } = message;
      if (!mayPublish(token, topicStream(topic))) {
        throw new Forbidden(
          "The token's `publish` does not allow this topic; `topic:everyone` has to be named",
        );
      }
      return await publishFromUser(token.user, {
        topic: topicStream(topic),
        value,
        encoding,
        idempotencyKey,
      });
    }
  }
}

/** What the client is told; undefined for what is none of its business. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Overloaded || error instanceof Unavailable) {
    return { code: error.code, message: "Try again later; nothing is wrong with the message" };
  }
  if (error instanceof InvalidRequest) {
    const issues = error.issues.map(({ path, message }) =>
      path === "" ? message : `${path} ${message}`
    );
    return { code: error.code, message: [error.message, ...issues].join(": ") };
  }
  const isKnown = error instanceof RateLimited || error instanceof NotAMember ||
    error instanceof TooManyTopics ||
    error instanceof Forbidden || error instanceof PayloadTooLarge ||
    error instanceof IdempotencyConflict ||
    error instanceof IdempotencyInProgress;
  return isKnown ? { code: error.code, message: error.message } : undefined;
}
