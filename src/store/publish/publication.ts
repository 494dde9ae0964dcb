import type { Item, Seq } from "../../domain/item.ts";
import type { StreamName, UserId } from "../../domain/stream_name.ts";

/** Makes a repeat of a call harmless: same key and same body give the first answer again. */
export interface Idempotency {
  /** Name of the API key that publishes; keys of different publishers never meet. */
  readonly publisher: string;
  readonly key: string;
  /** SHA-256 of the body as sent, base64url. */
  readonly bodyHash: string;
}

/** One notification. */
export interface Publication {
  /** Without duplicates, 1–1,000. */
  readonly streams: readonly StreamName[];
  /**
   * Encodes the notification under the id that it gets, as published at a time in milliseconds since
   * the epoch; called once. A repeat that goes on where a dead one stopped gets the first call's id and
   * time. What it throws, the call rejects with.
   */
  readonly item: (id: string, at: number) => Item;
  /** Milliseconds since the epoch; without it, it is sent at once. */
  readonly sendAt?: number | undefined;
  /** The user who publishes it, where it is not a publisher. */
  readonly from?: UserId | undefined;
}

export interface PublishRequest extends Publication {
  readonly idempotency?: Idempotency | undefined;
}

export interface Receipt {
  readonly stream: StreamName;
  readonly seq: Seq;
}

export interface Published {
  readonly id: string;
  /** Empty where it is still to be sent. */
  readonly deliveries: readonly Receipt[];
  /** When it is, or was, sent, in milliseconds since the epoch; only where that was wished for. */
  readonly sendAt?: number;
  /** The answer of an earlier call with the same idempotency key. */
  readonly replayed: boolean;
}

export interface BatchRequest {
  /** In the order in which a recipient of several gets them. */
  readonly entries: readonly Publication[];
  /** For the call as a whole. */
  readonly idempotency?: Idempotency;
}

/** What became of an entry of a batch. */
export type BatchResult =
  | { readonly published: Published }
  /** Its `item` threw this. */
  | { readonly refused: unknown }
  /** It may be written or not; a repeat with the same key finds out, and goes on with it. */
  | { readonly failed: unknown };

export interface BatchPublished {
  /** One for each entry. */
  readonly results: readonly BatchResult[];
  readonly replayed: boolean;
}
