import type { Publication } from "../store/publish/publication.ts";
import { encodeItem } from "../encoding/encode_item.ts";
import { parseNotification, refuseUntimely } from "../schemas/parse_notification.ts";

export interface PublicationOptions {
  /** Milliseconds since the epoch; without it its times are compared with when it counts as published only. */
  readonly now: number | undefined;
  /** The user who publishes it, where it is not a publisher. */
  readonly from?: string | undefined;
}

/**
 * What the store is asked to publish for a notification in a body.
 *
 * @throws {ServiceError} `invalid_request` where it is not valid; its `item` where it came too late, or is too large
 */
export function publication(
  value: unknown,
  { now, from }: PublicationOptions,
): Publication {
  const parsed = parseNotification(value, now);
  const { streams, sendAt } = parsed;
  return {
    streams,
    item: (id, at) => {
      refuseUntimely(parsed, at);
      return encodeItem(parsed, { id, publishedAt: sendAt ?? at, from });
    },
    sendAt,
    from,
  };
}
