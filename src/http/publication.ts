import type { Idempotency, Publication } from "../store/publish/publication.ts";
import { encodeItem } from "../encoding/encode_item.ts";
import { parseNotification, refuseUntimely } from "../schemas/parse_notification.ts";
import { createHash } from "node:crypto";
import { ServiceError } from "../errors.ts";

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

const KEY = /^[\x20-\x7e]{1,255}$/;

/**
 * The call's `Idempotency-Key`, if it has one.
 *
 * @throws {ServiceError} `invalid_request` unless it is 1–255 printable ASCII characters
 */
export function idempotencyKey(headers: Headers): string | undefined {
  const key = headers.get("idempotency-key");
  if (key === null) return undefined;
  if (!KEY.test(key)) {
    throw new ServiceError("invalid_request", "The Idempotency-Key is not valid", {
      issues: [
        { path: "Idempotency-Key", message: "must be 1–255 printable ASCII characters" },
      ],
    });
  }
  return key;
}

/** What makes a repeat of this call harmless. */
export function idempotency(
  { publisher, key, body }: { publisher: string; key: string; body: Uint8Array },
): Idempotency {
  return { publisher, key, bodyHash: createHash("sha256").update(body).digest("base64url") };
}
