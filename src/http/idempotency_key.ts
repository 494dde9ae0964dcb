import { createHash } from "node:crypto";
import type { Idempotency } from "../store/publish/publication.ts";
import { ServiceError } from "../errors.ts";

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
