import type { Intent } from "../../domain/intent.ts";
import type { Seq } from "../../domain/item.ts";
import type { StreamName } from "../../domain/stream_name.ts";
import type { KvKey, KvMutation, KvRow } from "../../kv/kv.ts";

/**
 * Something that has to take effect as a whole, in one commit: intents on streams, and rows outside
 * of them that are read, checked and written with it.
 *
 * Together `parts` and `reads` name at most {@link CHECKS_MAX} different streams and keys.
 */
export interface Entry<T> {
  readonly parts: readonly EntryPart[];
  /** Rows that the entry depends on; the commit checks that they are as they were read. */
  readonly reads?: readonly KvKey[];
  /** Looks at the rows of `reads`; throws to refuse, and then nothing of the entry is written. */
  readonly validate?: (rows: readonly KvRow[]) => void;
  /**
   * What else to write, and what the caller gets once it is on disk; nothing and `undefined` unless given.
   * Must be pure: it is called anew when a conflict makes the journal decide again.
   *
   * At most 8 rows, each of `reads` or nobody else's. Where no part changes its stream, one of `reads`
   * has to be among them, or nothing may be written: else a commit that is applied late could be
   * applied a second time.
   *
   * @param seqs for each part the number of its event, or undefined where it changed nothing
   */
  readonly complete?: (seqs: readonly (Seq | undefined)[], rows: readonly KvRow[]) => Completion<T>;
  /** Bytes of the rows that `complete` writes, where they are more than a few thousand. */
  readonly bytes?: number;
}

export interface EntryPart {
  readonly stream: StreamName;
  readonly intent: Intent;
}

export interface Completion<T> {
  readonly mutations: readonly KvMutation[];
  readonly result: T;
}

/** A `denokv` server takes no more checks in one commit. */
export const CHECKS_MAX = 10;

/**
 * Upper bounds of what one commit may hold, below the 1,000 mutations, 800 KiB and 80 KiB of keys of
 * Deno KV, so that heads, the marker and mail find room too.
 */
export const BATCH_MUTATIONS_MAX = 900;
export const BATCH_BYTES_MAX = 320 * 1024;
export const BATCH_KEY_BYTES_MAX = 64 * 1024;

/** What an entry needs room for in a batch. */
export interface EntrySize {
  /** Streams and keys that are checked, and locked while a batch with them is in flight. */
  readonly locks: readonly string[];
  /**
   * Those of `locks` that a batch holds for one entry only: each entry's rows are read before the batch,
   * and what is erased is told by the version of the commit.
   */
  readonly exclusive: readonly string[];
  /** At most so many rows are written. */
  readonly mutations: number;
  /** Bytes of items and changes; heads are bounded by their number. */
  readonly bytes: number;
  /** At most so many bytes have the keys of rows that are written, heads left out. */
  readonly keyBytes: number;
}

/** What the key of a stream's row has besides the stream's name. */
const KEY_BYTES = 48;
/** Rows that an entry writes outside of streams, and the bytes of their keys besides those it reads. */
const SETTLED_MAX = 8;
const SETTLED_KEY_BYTES = 256;
/** What a membership's row takes, unless somebody has marked every other one of many items. */
const MEMBERSHIP_BYTES = 2_048;
/** UTF-8 takes no more for a character of JavaScript. */
const UTF8_MAX = 3;

/** Measures an entry before it is queued. */
export function sizeOf(entry: Entry<unknown>): EntrySize {
  // There are few, so that looking through them costs less than a set.
  const locks: string[] = [];
  const exclusive: string[] = [];
  let mutations = SETTLED_MAX;
  let bytes = entry.bytes ?? 0;
  let keyBytes = SETTLED_KEY_BYTES;
  for (const { stream, intent } of entry.parts) {
    if (!locks.includes(stream)) locks.push(stream);
    const rowKey = stream.length + KEY_BYTES;
    if (intent.kind === "publish") {
      // The item, its collapse row, the replaced item's change and row, one trimmed item, retention.
      mutations += 6;
      const { bytes: { length }, collapseKey } = intent.item;
      bytes += length;
      keyBytes += collapseKey === undefined
        ? 2 * rowKey
        : 4 * rowKey + UTF8_MAX * collapseKey.length;
    } else {
      // The change, retention, and as many rows as the state machine deletes at once.
      mutations += 34;
      bytes += "scope" in intent ? JSON.stringify(intent.scope).length : 0;
      // The row of the membership.
      if ("topic" in intent) bytes += MEMBERSHIP_BYTES;
      keyBytes += 2 * rowKey;
    }
    if (intent.kind === "erase") {
      // Rows that others write in the same commit, be it before or after, would count as old ones.
      exclusive.push(stream);
      mutations += intent.topics.length;
      for (const topic of intent.topics) keyBytes += rowKey + topic.length;
    }
  }
  for (const read of entry.reads ?? []) {
    const key = JSON.stringify(read);
    exclusive.push(key);
    if (!locks.includes(key)) locks.push(key);
    keyBytes += UTF8_MAX * key.length;
  }
  return { locks, exclusive, mutations, bytes, keyBytes };
}
