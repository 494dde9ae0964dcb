import { encode } from "cborg";
import { ownerOf } from "./domain/stream_name.ts";
import type { PublishFromUser } from "./gateway/requests.ts";
import { idempotency } from "./http/idempotency_key.ts";
import { publication } from "./http/publication.ts";
import { utf8 } from "./store/codec/bytes.ts";
import type { Publisher } from "./store/publisher.ts";

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
      ...publication(notification, { format: encoding, now: time, from: user }),
      ...(idempotencyKey === undefined ? {} : {
        idempotency: idempotency({
          publisher: `user:${user}`,
          key: idempotencyKey,
          body: encoding === "json" ? utf8(JSON.stringify(notification)) : encode(notification),
        }),
      }),
    });
  };
}
