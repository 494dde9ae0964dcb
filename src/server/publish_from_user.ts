import { encode } from "cborg";
import { ownerOf } from "../domain/stream_name.ts";
import type { PublishFromUser } from "../gateway/session/requests.ts";
import type { Encoding } from "../gateway/protocol/subprotocol.ts";
import { idempotency, publication } from "../http/publication.ts";
import { utf8 } from "../store/codec/bytes.ts";
import type { Publisher } from "../store/publish/publisher.ts";
import { ExactData } from "../encoding/exact_data.ts";

/**
 * Publishes messages of users to topics in the same way as calls of publishers, with the sender as `from`.
 * Idempotency keys of users and of publishers never collide.
 */
export function createPublishFromUser(
  { publisher, now }: { publisher: Publisher; now: () => number },
): PublishFromUser {
  return async (user, { topic, value, encoding, idempotencyKey }) => {
    const notification = { ...value, to: { topic: ownerOf(topic) } };
    const time = idempotencyKey === undefined ? now() : undefined;
    await publisher.publish({
      ...publication(notification, { now: time, from: user }),
      ...(idempotencyKey === undefined ? {} : {
        idempotency: idempotency({
          publisher: `user:${user}`,
          key: idempotencyKey,
          body: bodyOf(notification, encoding),
        }),
      }),
    });
  };
}

/** The bytes that a repeated message must have again. */
function bodyOf(
  notification: Record<string, unknown>,
  encoding: Encoding,
): Uint8Array<ArrayBuffer> {
  if (encoding === "json") return utf8(JSON.stringify(notification));
  const { data } = notification;
  return encode(data instanceof ExactData ? { ...notification, data: data.value } : notification);
}
