import type { Publication } from "../store/publisher.ts";
import { withoutBytes } from "../wire/binary_data.ts";
import { encodeItem } from "../wire/encode_item.ts";
import {
  type ParsedNotification,
  parseNotification,
  refuseUntimely,
} from "../wire/parse_notification.ts";
import type { BodyFormat } from "./body.ts";

export interface PublicationOptions {
  readonly format: BodyFormat;
  /** Milliseconds since the epoch; without it its times are compared with when it counts as published only. */
  readonly now: number | undefined;
  /** The user who publishes it, where it is not a publisher. */
  readonly from?: string | undefined;
}

/**
 * What the store is asked to publish for a notification in a body.
 *
 * @throws {InvalidRequest} where it is not valid; its `item` where it came too late, or is too large
 */
export function publication(
  value: unknown,
  { format, now, from }: PublicationOptions,
): Publication {
  const parsed = format === "json" ? parseNotification(value, now) : parseBinary(value, now);
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

/** Only `data` may hold byte strings; anywhere else they are of the wrong type. */
function parseBinary(value: unknown, now: number | undefined): ParsedNotification {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "data")) {
    return parseNotification(value, now);
  }
  const { data, binary } = withoutBytes((value as { data: unknown }).data);
  const parsed = parseNotification({ ...value, data }, now);
  return binary.length === 0 ? parsed : { ...parsed, binary };
}
