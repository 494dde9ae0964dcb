import {
  BATCH_BYTES_MAX,
  BATCH_KEY_BYTES_MAX,
  BATCH_MUTATIONS_MAX,
  type EntrySize,
} from "./entry.ts";

/** What waits in the queue has to say how big it is. */
export interface Queued {
  readonly size: EntrySize;
}

/** A look for the next batch goes no further than this many entries … */
const SCAN_MAX = 1_024;
/** … nor on with what it has after passing over so many. */
const PASS_OVER_MAX = 64;

/**
 * The journal's queue. A batch takes the first entries that fit; a stream (or key) that is in flight,
 * or that an earlier entry still waits for, is left alone, so each stream keeps the queue's order.
 */
export class BatchQueue<Q extends Queued> {
  #entries: Q[] = [];
  readonly #busy = new Set<string>();
  readonly #checksMax: number;

  constructor({ checksMax }: { checksMax: number }) {
    this.#checksMax = checksMax;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** The entry that has waited longest. */
  get oldest(): Q | undefined {
    return this.#entries[0];
  }

  push(entry: Q): void {
    this.#entries.push(entry);
  }

  /** Takes out those that `test` says have to go. */
  remove(test: (entry: Q) => boolean): Q[] {
    const removed = this.#entries.filter(test);
    if (removed.length > 0) {
      const gone = new Set(removed);
      this.#entries = this.#entries.filter((entry) => !gone.has(entry));
    }
    return removed;
  }

  /** Whether an entry could go out at once, so that looking for a batch is worth it. */
  isFree({ size }: Q): boolean {
    return size.locks.every((lock) => !this.#busy.has(lock));
  }

  /** Takes the next batch and locks its streams; empty where everything has to wait. */
  take(): Q[] {
    const batch: Q[] = [];
    const held = new Set<string>();
    /** Those of `held` that nobody else may have in this batch. */
    const kept = new Set<string>();
    const blocked = new Set<string>();
    let mutations = 0;
    let bytes = 0;
    let keyBytes = 0;
    const left: Q[] = [];
    let looked = 0;
    for (const entry of this.#entries) {
      if (looked === SCAN_MAX || (batch.length > 0 && left.length === PASS_OVER_MAX)) break;
      looked++;
      const { locks, exclusive } = entry.size;
      let added = 0;
      let waits = exclusive.some((lock) => held.has(lock));
      for (const lock of locks) {
        if (this.#busy.has(lock) || blocked.has(lock) || kept.has(lock)) waits = true;
        else if (!held.has(lock)) added++;
      }
      const fits = batch.length === 0 ||
        held.size + added <= this.#checksMax &&
          mutations + entry.size.mutations <= BATCH_MUTATIONS_MAX &&
          bytes + entry.size.bytes <= BATCH_BYTES_MAX &&
          keyBytes + entry.size.keyBytes <= BATCH_KEY_BYTES_MAX;
      if (waits || !fits) {
        for (const lock of locks) blocked.add(lock);
        left.push(entry);
        continue;
      }
      for (const lock of locks) held.add(lock);
      for (const lock of exclusive) kept.add(lock);
      mutations += entry.size.mutations;
      bytes += entry.size.bytes;
      keyBytes += entry.size.keyBytes;
      batch.push(entry);
    }
    if (batch.length === 0) return batch;
    this.#entries = left.concat(this.#entries.slice(looked));
    for (const lock of held) this.#busy.add(lock);
    return batch;
  }

  /** Frees the streams of a batch that is done. */
  release(batch: readonly Q[]): void {
    for (const { size } of batch) {
      for (const lock of size.locks) this.#busy.delete(lock);
    }
  }
}
