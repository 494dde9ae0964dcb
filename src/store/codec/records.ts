import type { Change } from "../../domain/event.ts";
import type { Seq } from "../../domain/item.ts";
import type { StreamName } from "../../domain/stream_name.ts";
import { CorruptRecord, text, utf8 } from "./bytes.ts";

/** Where a part of a notification went. What is said of the whole, only the first part's record says. */
export interface PublishRecord {
  readonly deliveries: readonly (readonly [StreamName, Seq])[];
  /** Its publisher took it back; what was not written by then never is. */
  readonly recalled?: true;
  /** Of the whole: parts that there are, where more than one. */
  readonly chunks?: number;
  /** Of the whole: milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** Of the whole: milliseconds since the epoch. */
  readonly sendAt?: number;
  /** Of the whole: its time is still to come; item and recipients are rows of their own. */
  readonly scheduled?: true;
}

/** A call that must not take effect twice. */
export interface IdempotencyRecord {
  readonly bodyHash: string;
  /** The notification's id; of a batch the first one's. */
  readonly id: string;
  /** Of a batch: the id of each entry. */
  readonly ids?: readonly string[];
  /**
   * When it counts as published, in milliseconds since the epoch. Not the time in the id: ids only ever
   * rise, so they are ahead where a clock was and has been set right. Records of older versions lack it.
   */
  readonly at?: number;
  /** `running` while only some of many recipients have been written. */
  readonly state: "running" | "done";
  /** The instance that works on it. */
  readonly owner: string;
  /** Milliseconds since the epoch; from then on the key may be used anew. */
  readonly expiresAt: number;
}

/** What has to happen at a time. */
export type DueRecord =
  /** This part of a notification expires; its publish record, of the same id, says where it went. */
  | { readonly kind: "expire" }
  /** A notification is to be sent; with more than one part by the instance that claimed it. */
  | { readonly kind: "send"; readonly owner?: string }
  /** The stream has events that are too old. */
  | { readonly kind: "retain"; readonly stream: StreamName };

/** Which item of a stream had a collapse key. */
export interface CollapseRecord {
  readonly epoch: string;
  readonly seq: Seq;
}

/** Which tokens are refused; the key says of whom. */
export interface RevokedRecord {
  /** Milliseconds since the epoch; from then on it concerns nobody. */
  readonly until: number;
  /** Of a user's tokens: those issued before, in milliseconds since the epoch. */
  readonly issuedBefore?: number;
}

/** Facts about the database. */
export interface DatabaseRecord {
  readonly schema: 1;
  /** Goes into every stream's epoch; a restored database gets another. */
  readonly epoch: string;
}

/**
 * Reads JSON that is an object or a list. Throws {@link CorruptRecord}, whose message repeats nothing
 * of what is stored, where it is anything else.
 */
export function parseRecord(json: Uint8Array | string): object {
  let value: unknown;
  try {
    value = JSON.parse(typeof json === "string" ? json : text(json));
  } catch {
    throw new CorruptRecord("A record is not JSON");
  }
  if (typeof value !== "object" || value === null) throw new CorruptRecord("A record is no object");
  return value;
}

/**
 * Small records are JSON: readable in a dump, and as fast as anything to read and write.
 *
 * @param isComplete whether a record has the fields that all versions write; others may come
 */
function jsonCodec<T>(isComplete: (record: Record<keyof T, unknown>) => boolean): {
  encode(record: T): Uint8Array<ArrayBuffer>;
  /** Throws {@link CorruptRecord} where it was something else. */
  decode(bytes: Uint8Array): T;
} {
  return {
    encode: (record) => utf8(JSON.stringify(record)),
    decode: (bytes) => {
      const record = parseRecord(bytes);
      if (isComplete(record as Record<keyof T, unknown>)) return record as T;
      throw new CorruptRecord("A record lacks what every record of its kind has");
    },
  };
}

export const changeCodec = jsonCodec<Change>(isChange);
export const publishCodec = jsonCodec<PublishRecord>(({ deliveries }) => (
  Array.isArray(deliveries) &&
  deliveries.every((delivery) => isText(delivery?.[0]) && isNumber(delivery[1]))
));
export const idempotencyCodec = jsonCodec<IdempotencyRecord>((
  { bodyHash, id, state, owner, expiresAt, at },
) =>
  [bodyHash, id, state, owner].every(isText) && isNumber(expiresAt) &&
  (at === undefined || isNumber(at))
);
/** Streams of a notification that is still to be sent. */
export const recipientsCodec = jsonCodec<readonly StreamName[]>((streams) =>
  Array.isArray(streams) && streams.every(isText)
);
export const dueCodec = jsonCodec<DueRecord>((record) => {
  const { kind, stream } = record as { kind: unknown; stream?: unknown };
  return isText(kind) && (kind !== "retain" || isText(stream));
});
export const collapseCodec = jsonCodec<CollapseRecord>(({ epoch, seq }) =>
  isText(epoch) && isNumber(seq)
);
export const revokedCodec = jsonCodec<RevokedRecord>(({ until, issuedBefore }) =>
  isNumber(until) && (issuedBefore === undefined || isNumber(issuedBefore))
);
export const databaseCodec = jsonCodec<DatabaseRecord>(() => true);

/** Whether it is a change, of a kind that this version knows or of a newer one. */
export function isChange(value: unknown): value is Change {
  if (typeof value !== "object" || value === null) return false;
  const { op, items, upTo } = value as Record<string, unknown>;
  if (!isText(op)) return false;
  return Array.isArray(items) ? items.every(isNumber) : isNumber(upTo);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
