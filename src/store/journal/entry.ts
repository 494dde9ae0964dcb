import type { Intent } from "../../domain/intent.ts";
import type { Seq } from "../../domain/item.ts";
import type { StreamName } from "../../domain/stream_name.ts";
import type { KvKey, KvMutation, KvRow } from "../kv.ts";

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
  readonly admit?: (rows: readonly KvRow[]) => void;
  /**
   * What else to write, and what the caller gets once it is on disk. Must be pure: it is called anew
   * when a conflict makes the journal decide again.
   *
   * At most 8 rows, each of `reads` or nobody else's. Where no part changes its stream, one of `reads`
   * has to be among them, or nothing may be written: else a commit that is applied late could be
   * applied a second time.
   *
   * @param seqs for each part the number of its event, or undefined where it changed nothing
   */
  readonly settle: (seqs: readonly (Seq | undefined)[], rows: readonly KvRow[]) => Settled<T>;
}

export interface EntryPart {
  readonly stream: StreamName;
  readonly intent: Intent;
}

export interface Settled<T> {
  readonly mutations: readonly KvMutation[];
  readonly result: T;
}

/** A `denokv` server takes no more checks in one commit. */
export const CHECKS_MAX = 10;

/** Upper bounds of what one commit may hold, below the 1,000 mutations and 800 KiB of Deno KV. */
export const BATCH_MUTATIONS_MAX = 900;
export const BATCH_ITEM_BYTES_MAX = 320 * 1024;

/** What an entry needs room for in a batch. */
export interface EntrySize {
  /** Streams and keys that are checked, and locked while a batch with them is in flight. */
  readonly locks: readonly string[];
  /** Those of `locks` that a batch can't hold twice: each entry's rows are read before the batch. */
  readonly exclusive: readonly string[];
  /** At most so many rows are written. */
  readonly mutations: number;
  /** Bytes of items; heads are bounded by their number. */
  readonly bytes: number;
}

/** Measures an entry before it is queued. */
export function sizeOf(entry: Entry<unknown>): EntrySize {
  const locks = new Set<string>();
  let mutations = 8;
  let bytes = 0;
  for (const { stream, intent } of entry.parts) {
    locks.add(stream);
    if (intent.kind === "publish") {
      // The item, its collapse row, the replaced item's change and row, one trimmed item, retention.
      mutations += 6;
      bytes += intent.item.bytes.length;
    } else {
      // The change, retention, and as many rows as the state machine deletes at once.
      mutations += 34;
    }
  }
  const exclusive = (entry.reads ?? []).map((key) => JSON.stringify(key));
  for (const key of exclusive) locks.add(key);
  return { locks: [...locks], exclusive, mutations, bytes };
}
