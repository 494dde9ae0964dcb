import type { Item } from "../domain/item.ts";
import type { ParsedNotification } from "../schemas/parse_notification.ts";
import { ServiceError } from "../errors.ts";
import { collapseId } from "../schemas/notification.ts";

/** One notification as it is stored: leaves room for keys and flags in a KV value of 64 KiB. */
export const MAX_ITEM_BYTES = 48 * 1024;

/** What an item gets when it is published. */
export interface ItemOrigin {
  /** UUIDv7 */
  readonly id: string;
  /** Milliseconds since the epoch: when it was published, or is to be sent. */
  readonly publishedAt: number;
  /** The user who published it over a socket. */
  readonly from?: string | undefined;
}

const encoder = new TextEncoder();

/**
 * Encodes a notification as devices get it: without its recipients, with id and times.
 * `collapseKey` is included: a device uses it as the tag of the notification it shows.
 *
 * @throws {ServiceError} `payload_too_large` above 48 KiB
 */
export function encodeItem(
  { notification, expiresAt }: ParsedNotification,
  { id, publishedAt, from }: ItemOrigin,
): Item {
  const { title, body, url, icon, image, category, priority, data, actions, collapseKey, ttl } =
    notification;
  const end = ttl === undefined ? expiresAt : publishedAt + ttl * 1000;
  const before = JSON.stringify({ id, title, body, url, icon, image, category, priority });
  const after = JSON.stringify({
    binary: data?.binary.length ? data.binary : undefined,
    actions,
    collapseKey,
    from,
    publishedAt: new Date(publishedAt).toISOString(),
    expiresAt: end === undefined ? undefined : new Date(end).toISOString(),
  });
  const json = before.slice(0, -1) + (data === undefined ? "," : `,"data":${data.json},`) +
    after.slice(1);
  const bytes = encoder.encode(json);
  if (bytes.byteLength > MAX_ITEM_BYTES) {
    throw new ServiceError(
      "payload_too_large",
      "The notification takes more than 48 KiB as stored",
    );
  }
  return {
    id,
    json,
    bytes,
    ...(collapseKey === undefined ? {} : { collapseKey: collapseId(collapseKey, from) }),
    ...(end === undefined ? {} : { expiresAt: end }),
  };
}
