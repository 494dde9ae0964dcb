import { type Clock, pause, repeat, type Timer } from "../../clock.ts";
import type { OnError } from "../../feeds/error_reports.ts";
import type { Feed } from "../../feeds/feed.ts";
import type { Kv } from "../../kv/kv.ts";
import type { StreamCommit } from "./decide_batch.ts";
import { QueueLimits, type QueueLoad } from "./queue_limits.ts";
import { BatchWriter, type BatchWriterOptions, type WrittenBatch } from "./batch_writer.ts";
import { Committer, type RetryCause } from "./commit_outcome.ts";
import { CHECKS_MAX, type Entry, type EntrySize, sizeOf } from "./entry.ts";
import { BatchQueue } from "./queue.ts";
import { type OverloadReason, ServiceError } from "../../errors.ts";

export interface JournalOptions extends Omit<BatchWriterOptions, "committer" | "now"> {
  readonly kv: Kv;
  readonly clock: Clock;
  /** At least 0 and less than 1, for the jitter between tries; `Math.random` unless given. */
  readonly random?: () => number;
  /** Told of each commit, for each stream in its order, before those who appended. */
  readonly commits: CommitFeed;
  /** Told of each answer of the KV that makes the journal try again. */
  readonly retries: Feed<CommitRetry>;
  /** Told of each write that was refused for want of room. */
  readonly overloads?: Feed<OverloadReason>;
  /** Takes what the journal's own timer throws. */
  readonly onError: OnError;
  /** Streams and keys that a commit may check; 10 unless given. */
  readonly checksMax?: number;
  /** Commits that may be in flight at once; 3 unless given. */
  readonly commitsMax?: number;
  /** Entries that may wait; 4,096 unless given. */
  readonly queueMax?: number;
  /** Bytes of items and changes that may wait; 64 MiB unless given. */
  readonly queueBytesMax?: number;
  /**
   * Milliseconds that an appender waits at most, 10,000 unless given. The later parts of a call that
   * has started to be written may wait for three times as long while the store writes.
   */
  readonly answerWithin?: number;
}

/** The streams that one commit wrote. */
export type CommitFeed = Feed<readonly StreamCommit[]>;

/** An answer of the KV that was not simply "applied". */
export interface CommitRetry {
  readonly kind: RetryCause;
  readonly error?: unknown;
}

/** Room in the queue for entries that are refused together or not at all. Unused room is given back. */
export interface Reservation extends Disposable {
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
/** So many times as long may parts of a call wait that has started, while others are written. */
const WRITING_PATIENCE = 3;
const QUEUE_MAX = 4_096;
const QUEUE_BYTES_MAX = 64 * 1024 * 1024;
const ANSWER_WITHIN_MS = 10_000;
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
  readonly #limits: QueueLimits;
  readonly #commitsMax: number;
  #pumpScheduled = false;
  /** When the last batch was written. */
  #wroteAt = -Infinity;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#commitsMax = options.commitsMax ?? 3;
    this.#queue = new BatchQueue({ checksMax: options.checksMax ?? CHECKS_MAX });
    this.#limits = new QueueLimits({
      clock: options.clock,
      entriesMax: options.queueMax ?? QUEUE_MAX,
      bytesMax: options.queueBytesMax ?? QUEUE_BYTES_MAX,
      waitMax: options.answerWithin ?? ANSWER_WITHIN_MS,
      ...(options.overloads === undefined ? {} : { overloads: options.overloads }),
    });
    const committer = new Committer({
      kv: options.kv,
      pause: (ms) => pause(options.clock, ms, this.#closed.signal),
      random: options.random ?? Math.random,
      onRetry: (kind, error) => options.retries.emit({ kind, error }),
    });
    this.#writer = new BatchWriter({ ...options, committer, now: () => options.clock.now() });
  }

  /** Entries that wait for a commit, and that are in one. */
  get depth(): { readonly waiting: number; readonly committing: number } {
    let committing = 0;
    for (const batch of this.#inFlight) committing += batch.length;
    return { waiting: this.#queue.length, committing };
  }

  /** Bytes of items and changes that wait, room that is promised included. */
  get waitingBytes(): number {
    return this.#limits.bytes;
  }

  /**
   * Queues an entry; resolves with its result once it is on disk.
   *
   * Rejects with what its `validate` throws; with `overloaded` where it was not even queued, or
   * waited for its turn in vain while others were written, none of its call among them; and with
   * `unavailable` where no answer came in time, so that it takes effect later or never. An entry
   * that was refused while it waited is out of the queue, and never written.
   */
  append<T>(entry: Entry<T>): Promise<T> {
    const size = sizeOf(entry);
    const refusal = this.#refusal(loadOf(size));
    return refusal === undefined ? this.#append(entry, { size }) : Promise.reject(refusal);
  }

  /**
   * Makes sure of room for several entries before the first of them has any effect. Throws
   * `overloaded` or `unavailable` where there is none; dispose of it in the end.
   *
   * @param load how much they are together, about
   */
  reserve(load: QueueLoad): Reservation {
    const refusal = this.#refusal(load);
    if (refusal !== undefined) throw refusal;
    const { entries, bytes, mutations } = load;
    const share = { entries: 1, bytes: bytes / entries, mutations: mutations / entries };
    let left = entries;
    this.#limits.add(load);
    const call = { isBegun: false };
    const giveBack = () => {
      left--;
      this.#limits.remove(share);
    };
    return {
      append: (entry) => {
        if (left === 0) return this.append(entry);
        giveBack();
        return this.#append(entry, { size: sizeOf(entry), call });
      },
      [Symbol.dispose]: () => {
        while (left > 0) giveBack();
      },
    };
  }

  #append<T>(
    entry: Entry<T>,
    { size, call = { isBegun: false } }: Pick<Pending, "size"> & Partial<Pick<Pending, "call">>,
  ): Promise<T> {
    if (this.#closed.signal.aborted) return Promise.reject(stopping());
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        entry,
        size,
        call,
        since: this.#options.clock.monotonic(),
        resolve: resolve as (result: unknown) => void,
        reject,
      };
      this.#queue.push(pending);
      this.#limits.add(loadOf(size));
      const { clock, onError } = this.#options;
      this.#lateCheck ??= repeat(clock, LATE_CHECK_MS, () => this.#answerLate(), onError);
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
    for (const pending of this.#leave(() => true)) pending.reject(error);
    for (const batch of this.#inFlight) batch.forEach((pending) => pending.reject(error));
    this.#restIfIdle();
  }

  #refusal(load: QueueLoad): Error | undefined {
    return this.#closed.signal.aborted ? stopping() : this.#limits.refusal(load);
  }

  /** Takes entries out of the queue that are not to be written any more. */
  #leave(test: (pending: Pending) => boolean): Pending[] {
    const gone = this.#queue.remove(test);
    for (const { size } of gone) this.#limits.remove(loadOf(size));
    this.#noteWaiting();
    return gone;
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
    while (this.#inFlight.size < this.#commitsMax && !this.#closed.signal.aborted) {
      const batch = this.#queue.take();
      if (batch.length === 0) break;
      for (const { size } of batch) this.#limits.remove(loadOf(size));
      this.#inFlight.add(batch);
      void this.#write(batch);
    }
    this.#noteWaiting();
    this.#restIfIdle();
  }

  /** Where a stream is busy its entries wait too, but that does not show how fast the store is. */
  #noteWaiting(): void {
    this.#limits.wait(this.#queue.length > 0 && this.#inFlight.size >= this.#commitsMax);
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
    this.#limits.written(batch.map(({ size }) => loadOf(size)));
    this.#options.commits.emit(written.commits);
    for (const { entry, call, resolve, reject } of batch) {
      call.isBegun = true;
      const outcome = written.outcomes.get(entry);
      if (outcome?.written) resolve(outcome.result);
      else reject(outcome?.error);
    }
  }

  /**
   * A batch goes on, only its appenders stop waiting. While the store writes, those whose call has
   * started are about to have their turn: they may wait for longer rather than not learn what became of
   * it.
   */
  #answerLate(): void {
    const { answerWithin = ANSWER_WITHIN_MS, clock } = this.#options;
    const now = clock.monotonic();
    const isWriting = now - this.#wroteAt <= answerWithin;
    const longest = isWriting ? WRITING_PATIENCE * answerWithin : answerWithin;
    const isLate = ({ since, call }: Pending) =>
      now - since > (call.isBegun ? longest : answerWithin);
    for (const { since, call, reject } of this.#leave(isLate)) {
      reject(
        this.#wroteAt >= since && !call.isBegun
          ? this.#limits.overloaded("deadline")
          : new ServiceError("unavailable", "The store does not answer", {
            retryAfterMs: RETRY_AFTER_MS,
          }),
      );
    }
    for (const batch of this.#inFlight) {
      for (const pending of batch) {
        if (!isLate(pending)) continue;
        pending.reject(
          new ServiceError("unavailable", "The store has not answered yet", {
            retryAfterMs: RETRY_AFTER_MS,
          }),
        );
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

function loadOf({ bytes, mutations }: EntrySize): QueueLoad {
  return { entries: 1, bytes, mutations };
}

function stopping(): ServiceError {
  return new ServiceError("unavailable", "The service is stopping", {
    retryAfterMs: RETRY_AFTER_MS,
  });
}
