import { joinable, leavable, mayPublish, readerOf } from "../../auth/patterns.ts";
import type { UserToken } from "../../auth/token_verifier.ts";
import { type TopicStream, topicStream } from "../../domain/stream_name.ts";
import type { Marks } from "../../store/inbox/marks.ts";
import type { Topics } from "../../store/inbox/topics.ts";
import { targetsOf } from "../../schemas/mark.ts";
import type { RequestMessage } from "../../../protocol/messages.ts";
import type { Encoding } from "../protocol/subprotocol.ts";
import { ServiceError } from "../../errors.ts";

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

/** Carries out one request of a user's device. Rejects with a `ServiceError` where it is refused. */
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
        throw new ServiceError(
          "forbidden",
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
