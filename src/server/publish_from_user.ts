import { encode } from "cborg";
import { ownerOf } from "../domain/stream_name.ts";
import type { PublishFromUser } from "../gateway/session/requests.ts";
import type { Encoding } from "../gateway/protocol/subprotocol.ts";
import { idempotency, publication } from "../http/publication.ts";
import { utf8 } from "../store/codec/bytes.ts";
import type { Publisher } from "../store/publish/publisher.ts";
import { ExactData } from "../encoding/exact_data.ts";

/**
 * Makes what publishes users' own messages to topics, as a publisher's calls are published, with the
 * sender as `from`. Idempotency keys of users and of publishers never meet.
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

/** What a repeat has to be equal to. */
function bodyOf(
  notification: Record<string, unknown>,
  encoding: Encoding,
): Uint8Array<ArrayBuffer> {
  if (encoding === "json") return utf8(JSON.stringify(notification));
  const { data } = notification;
  return encode(data instanceof ExactData ? { ...notification, data: data.value } : notification);
}
