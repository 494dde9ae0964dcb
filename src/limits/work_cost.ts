/*
 * What calls and messages count for. One unit is about the work of one small message: to check it, and
 * to read or write one row for it. `docs/configuration.md` lists the costs for operators.
 */

const SENT_BYTES = 1024;
const MARKED_ITEMS = 100;
const READ_BYTES = 32 * 1024;
const READ_ROWS = 20;
const AUDIENCE = 100;

/** What was read to answer a call. */
export interface Reading {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * A user's message, or a call with a body.
 *
 * @param sent `bytes` of it; `items` that it names one by one
 */
export function costOfSending({ bytes, items = 0 }: { bytes: number; items?: number }): number {
  return 1 + costOfBytes(bytes) + costOfItems(items);
}

/** Bytes that a user sends, beyond the first KiB. */
export function costOfBytes(bytes: number): number {
  return Math.floor(bytes / SENT_BYTES);
}

/** Items that a user names one by one. */
export function costOfItems(items: number): number {
  return Math.floor(items / MARKED_ITEMS);
}

/** What a user has made the instance read. */
export function costOfReading({ rows, bytes }: Reading): number {
  return Math.floor(rows / READ_ROWS) + Math.floor(bytes / READ_BYTES);
}

/** A publish of a user to a topic that so many devices of this instance follow. */
export function costOfAudience(devices: number): number {
  return Math.floor(devices / AUDIENCE);
}

/** Erasing a user searches the records of all that was published lately. */
export const ERASE_COST = 1_000;
/** Recalling a notification writes to the streams of all its recipients. */
export const RECALL_COST = 10;

const PUBLISHED_BYTES = 10 * 1024;
const STATUS_ROWS = 10;

/** What a publish writes beyond a simple one: so many recipients get so many bytes each. */
export function costOfPublishing(
  { recipients, bytes }: { recipients: number; bytes: number },
): number {
  return Math.max(0, Math.ceil(recipients * Math.max(1024, bytes) / PUBLISHED_BYTES) - 1);
}

/** Telling for so many recipients whether they have read it. */
export function costOfStatus(recipients: number): number {
  return Math.floor(recipients / STATUS_ROWS);
}
