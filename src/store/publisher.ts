import type { Item, Seq } from "../domain/item.ts";
import type { StreamName } from "../domain/stream_name.ts";

/** Makes a repeat of a call harmless: same key and same body give the first answer again. */
export interface Idempotency {
  /** Name of the API key that publishes; keys of different publishers never meet. */
  readonly publisher: string;
  readonly key: string;
  /** SHA-256 of the body as sent, base64url. */
  readonly bodyHash: string;
}

export interface PublishRequest {
  /** Without duplicates, 1–1,000. */
  readonly streams: readonly StreamName[];
  /**
   * Encodes the notification under the id it gets; called once. A repeat that goes on where a dead
   * one stopped gets the first call's id.
   */
  readonly item: (id: string) => Item;
  readonly idempotency?: Idempotency;
}

export interface Delivery {
  readonly stream: StreamName;
  readonly seq: Seq;
}

export interface Published {
  readonly id: string;
  readonly deliveries: readonly Delivery[];
  /** The answer of an earlier call with the same idempotency key. */
  readonly replayed: boolean;
}

/**
 * Publishes durably: the promise resolves after the commit is on disk.
 *
 * Rejects with `Overloaded`, `Unavailable`, `IdempotencyConflict` or `IdempotencyInProgress`.
 */
export interface Publisher {
  publish(request: PublishRequest): Promise<Published>;
}
