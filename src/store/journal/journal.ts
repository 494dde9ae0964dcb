import { type Clock, pause, repeat, type Timer } from "../../clock.ts";
import { Overloaded, Unavailable } from "../errors.ts";
import type { Kv } from "../kv.ts";
import type { StreamCommit } from "./batch.ts";
import { BatchWriter, type BatchWriterOptions, type WrittenBatch } from "./batch_writer.ts";
import { Committer, type Trouble } from "./committer.ts";
import { CHECKS_MAX, type Entry, type EntrySize, sizeOf } from "./entry.ts";
import { BatchQueue } from "./queue.ts";

export interface JournalOptions extends Omit<BatchWriterOptions, "committer" | "now"> {
  readonly kv: Kv;
  readonly clock: Clock;
  /** At least 0 and less than 1, for the jitter between tries; `Math.random` unless given. */
  readonly random?: () => number;
  /** Hears of each commit, for each stream in its order, before those who appended; must not throw. */
  readonly onCommit: (commits: readonly StreamCommit[]) => void;
  readonly onTrouble?: (kind: Trouble, error?: unknown) => void;
  /** Streams and keys that a commit may check; 10 unless given. */
  readonly checksMax?: number;
  /** Commits that may be in flight at once; 3 unless given. */
  readonly commitsMax?: number;
  /** Entries that may wait; 4,096 unless given. */
  readonly queueMax?: number;
  /** Milliseconds that the oldest may have waited before new ones are refused; 2,000 unless given. */
  readonly waitMax?: number;
  /**
   * Milliseconds until an appender is told that the outcome is unknown; three times as many while
   * others are written. 10,000 unless given.
   */
  readonly answerWithin?: number;
}

/** Room in the queue for entries that are refused together or not at all. Unused room is given back. */
export interface Room extends Disposable {
  /** As {@link Journal.append}, but always queued. */
  append<T>(entry: Entry<T>): Promise<T>;
}

interface Pending {
  readonly entry: Entry<unknown>;
  readonly size: EntrySize;
  /** What it is a part of, and whether another part of that was decided before. */
  readonly call: { isBegun: boolean };
  readonly since: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How often late entries are looked for. */
const LATE_CHECK_MS = 250;
/** So many times as long may be waited while others are written. */
const WRITING_PATIENCE = 3;
const RETRY_AFTER_MS = 1_000;

/**
 * The only writer of streams in an instance. Entries queue up and are committed in groups, several
 * commits at a time, each stream in one of them only; each takes effect once or not at all.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #writer: BatchWriter;
  readonly #queue: BatchQueue<Pending>;
  readonly #inFlight = new Set<readonly Pending[]>();
  readonly #closed = new AbortController();
  #lateCheck: Timer | undefined;
  #idle: PromiseWithResolvers<void> | undefined;
  #pumpScheduled = false;
  /** Places in the queue that are promised to entries to come. */
  #reserved = 0;
  /** When the last batch was written. */
  #wroteAt = -Infinity;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#queue = new BatchQueue({ checksMax: options.checksMax ?? CHECKS_MAX });
    const committer = new Committer({
      kv: options.kv,
      pause: (ms) => pause(options.clock, ms, this.#closed.signal),
      random: options.random ?? Math.random,
      trouble: (kind, error) => options.onTrouble?.(kind, error),
    });
    this.#writer = new BatchWriter({ ...options, committer, now: () => options.clock.now() });
  }

  /** Entries that wait for a commit, and that are in one. */
  get depth(): { readonly waiting: number; readonly committing: number } {
    let committing = 0;
    for (const batch of this.#inFlight) committing += batch.length;
    return { waiting: this.#queue.length, committing };
  }

  /**
   * Queues an entry; resolves with its result once it is on disk.
   *
   * Rejects with what its `admit` throws; with {@link Overloaded} where it was not even queued, or
   * waited for its turn in vain while others were written, none of its call among them; and with {@link Unavailable} where no answer
   * came in time, so that it takes effect later or never.
   */
  append<T>(entry: Entry<T>): Promise<T> {
    const refusal = this.#refusal(1);
    return refusal === undefined ? this.#append(entry) : Promise.reject(refusal);
  }

  /**
   * Makes sure of room for several entries before the first of them has any effect. Throws
   * {@link Overloaded} or {@link Unavailable} where there is none; dispose of it in the end.
   */
  reserve(count: number): Room {
    const refusal = this.#refusal(count);
    if (refusal !== undefined) throw refusal;
    let left = count;
    this.#reserved += count;
    const call = { isBegun: false };
    return {
      append: (entry) => {
        if (left === 0) return this.append(entry);
        left--;
        this.#reserved--;
        return this.#append(entry, call);
      },
      [Symbol.dispose]: () => {
        this.#reserved -= left;
        left = 0;
      },
    };
  }

  #append<T>(entry: Entry<T>, call = { isBegun: false }): Promise<T> {
    if (this.#closed.signal.aborted) return Promise.reject(stopping());
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        entry,
        size: sizeOf(entry),
        call,
        since: this.#options.clock.monotonic(),
        resolve: resolve as (result: unknown) => void,
        reject,
      };
      this.#queue.push(pending);
      this.#lateCheck ??= repeat(this.#options.clock, LATE_CHECK_MS, () => this.#answerLate());
      if (this.#queue.isFree(pending)) this.#schedulePump();
    });
  }

  /** Resolves once nothing waits and nothing is in flight. */
  async flushed(): Promise<void> {
    while (this.#queue.length > 0 || this.#inFlight.size > 0) {
      this.#idle ??= Promise.withResolvers();
      await this.#idle.promise;
    }
  }

  /** Gives up what has not been written yet; its appenders are told. */
  close(): void {
    this.#closed.abort();
    const error = stopping();
    for (const pending of this.#queue.remove(() => true)) pending.reject(error);
    for (const batch of this.#inFlight) batch.forEach((pending) => pending.reject(error));
    this.#restIfIdle();
  }

  #refusal(count: number): Error | undefined {
    if (this.#closed.signal.aborted) return stopping();
    const { queueMax = 4_096, waitMax = 2_000, clock } = this.#options;
    const taken = this.#queue.length + this.#reserved;
    if (taken > 0 && taken + count > queueMax) return new Overloaded(RETRY_AFTER_MS);
    if (this.#queue.length === 0 && this.#inFlight.size === 0) return undefined;
    let oldest = this.#queue.oldest?.since ?? Infinity;
    for (const batch of this.#inFlight) oldest = Math.min(oldest, batch[0]?.since ?? Infinity);
    return clock.monotonic() - oldest > waitMax ? new Overloaded(RETRY_AFTER_MS) : undefined;
  }

  /** Entries that are appended within one turn of the event loop can share a batch. */
  #schedulePump(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    queueMicrotask(() => {
      this.#pumpScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    const { commitsMax = 3 } = this.#options;
    while (this.#inFlight.size < commitsMax && !this.#closed.signal.aborted) {
      const batch = this.#queue.take();
      if (batch.length === 0) break;
      this.#inFlight.add(batch);
      void this.#write(batch);
    }
    this.#restIfIdle();
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    try {
      await this.#writeOrSplit(batch);
    } finally {
      this.#inFlight.delete(batch);
      this.#queue.release(batch);
      this.#pump();
    }
  }

  /** An entry that can't be written, say for a corrupt row, must not fail its neighbours. */
  async #writeOrSplit(batch: readonly Pending[]): Promise<void> {
    let written: WrittenBatch;
    try {
      written = await this.#writer.write(batch.map(({ entry }) => entry));
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error);
      else {
        for (const pending of batch) {
          // By then all of them have been told.
          if (this.#closed.signal.aborted) break;
          await this.#writeOrSplit([pending]);
        }
      }
      return;
    }
    this.#wroteAt = this.#options.clock.monotonic();
    this.#options.onCommit(written.commits);
    for (const { entry, call, resolve, reject } of batch) {
      call.isBegun = true;
      const outcome = written.outcomes.get(entry);
      if (outcome?.written) resolve(outcome.result);
      else reject(outcome?.error);
    }
  }

  /**
   * A batch goes on, only its appenders stop waiting. While the store writes, those whose call has
   * begun are about to have their turn: they may wait for longer rather than not learn what became of
   * it.
   */
  #answerLate(): void {
    const { answerWithin = 10_000, waitMax = 2_000, clock } = this.#options;
    const now = clock.monotonic();
    const isWriting = now - this.#wroteAt <= waitMax;
    const longest = isWriting ? WRITING_PATIENCE * answerWithin : answerWithin;
    const late = this.#queue.remove(({ since, call }) =>
      now - since > (call.isBegun ? longest : answerWithin)
    );
    for (const { call, reject } of late) {
      reject(
        isWriting && !call.isBegun
          ? new Overloaded(RETRY_AFTER_MS)
          : new Unavailable("The store does not answer", RETRY_AFTER_MS),
      );
    }
    for (const batch of this.#inFlight) {
      for (const { since, reject } of batch) {
        if (now - since <= longest) continue;
        reject(new Unavailable("The store has not answered yet", RETRY_AFTER_MS));
      }
    }
  }

  #restIfIdle(): void {
    if (this.#queue.length > 0 || this.#inFlight.size > 0) return;
    this.#lateCheck?.cancel();
    this.#lateCheck = undefined;
    this.#idle?.resolve();
    this.#idle = undefined;
  }
}

function stopping(): Unavailable {
  return new Unavailable("The service is stopping", RETRY_AFTER_MS);
}
