import type { Clock } from "../../clock.ts";
import type { Feed } from "../../feeds/feed.ts";
import { overloaded, type OverloadReason, type ServiceError } from "../../errors.ts";

/** How much entries are. */
export interface QueueLoad {
  readonly entries: number;
  /** Bytes of items and changes. */
  readonly bytes: number;
  /** Rows that are written at most. */
  readonly mutations: number;
}

export interface QueueLimitsOptions {
  readonly clock: Clock;
  readonly entriesMax: number;
  readonly bytesMax: number;
  /** Milliseconds after which an entry that still waits is given up. */
  readonly waitMax: number;
  /** Told of each refusal. */
  readonly overloads?: Feed<OverloadReason>;
}

/**
 * So many entries may wait however slow the store is: they get their answer, or learn at the deadline
 * that they had none.
 */
const FEW = 256;
/** A rate is a guess: more than this part of the deadline must not be needed to write what waits. */
const MARGIN = 0.8;
/** What a row costs beside its bytes, in bytes. */
const ROW_WORK = 256;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 10_000;

/**
 * What waits for a commit, room that is promised included, and whether more may. What decides is how
 * much waits and how fast it is written, never how long something has waited already: one commit that
 * takes long is no reason to refuse others.
 */
export class QueueLimits {
  readonly #options: QueueLimitsOptions;
  readonly #writeRate = new WriteRate();
  #entries = 0;
  #bytes = 0;
  #work = 0;

  constructor(options: QueueLimitsOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Why so much more can't be taken; undefined where it can. What is alone may be of any size. */
  refusal({ entries, bytes, mutations }: QueueLoad): ServiceError | undefined {
    if (this.#entries === 0) return undefined;
    const { entriesMax, bytesMax, waitMax } = this.#options;
    if (this.#entries + entries > entriesMax) return this.overloaded("entries");
    if (this.#bytes + bytes > bytesMax) return this.overloaded("bytes");
    if (this.#entries + entries <= FEW) return undefined;
    const rate = this.#rate();
    if (rate === undefined) return undefined;
    const work = this.#work + workOf({ entries, bytes, mutations });
    return work > rate * waitMax * MARGIN ? this.overloaded("drain") : undefined;
  }

  /** An error that says by when half of what waits now will be written. */
  overloaded(reason: OverloadReason): ServiceError {
    this.#options.overloads?.emit(reason);
    const rate = this.#rate() ?? Infinity;
    const retry = this.#work / 2 / rate;
    return overloaded(Math.max(RETRY_MIN_MS, Math.min(retry, RETRY_MAX_MS)), reason);
  }

  add(load: QueueLoad): void {
    this.#entries += load.entries;
    this.#bytes += load.bytes;
    this.#work += workOf(load);
  }

  remove(load: QueueLoad): void {
    this.#entries -= load.entries;
    // Room is given back in parts, which need not add up to the last digit.
    const isEmpty = this.#entries === 0;
    this.#bytes = isEmpty ? 0 : this.#bytes - load.bytes;
    this.#work = isEmpty ? 0 : this.#work - workOf(load);
  }

  /** Hears after each change whether entries wait though as many commits as may be are under way. */
  wait(isWaiting: boolean): void {
    this.#writeRate.wait(isWaiting, this.#options.clock.monotonic());
  }

  /** Hears of what was written. */
  written(loads: readonly QueueLoad[]): void {
    const work = loads.reduce((sum, load) => sum + workOf(load), 0);
    this.#writeRate.note(work, this.#options.clock.monotonic());
  }

  #rate(): number | undefined {
    return this.#writeRate.rate(this.#options.clock.monotonic());
  }
}

function workOf({ bytes, mutations }: QueueLoad): number {
  return bytes + mutations * ROW_WORK;
}

/** What was written is counted in steps of so many milliseconds, … */
const STEP_MS = 250;
/** … of which so many, a second, make a rate; … */
const RATE_STEPS = 4;
/** … the best one of the last so many milliseconds counts. */
const WINDOW_MS = 10_000;
/** It is not known before entries have waited without a break for so long. */
const KNOWN_AFTER_MS = 5_000;

/**
 * How fast a journal writes while more waits than it can write at once. Only such times count: what is
 * written while nothing waits shows how much is asked for, not how much the store could take.
 *
 * It is the best second of the last ten that counts: a store, or a machine, that has stood still for some
 * seconds is about to go on as fast as before, and nobody is to be refused for that.
 */
class WriteRate {
  /** Since when there has always been an entry that waits; undefined while none does. */
  #since: number | undefined;
  /** What was written, by the step in which it was; ascending. */
  readonly #steps: { readonly step: number; work: number }[] = [];

  /** Notes at a moment, in milliseconds, whether entries wait. */
  wait(isWaiting: boolean, now: number): void {
    if (isWaiting) this.#since ??= now;
    else {
      this.#since = undefined;
      this.#steps.length = 0;
    }
  }

  /** Notes that so much work was done. */
  note(work: number, now: number): void {
    if (this.#since === undefined) return;
    const step = Math.floor(now / STEP_MS);
    const last = this.#steps.at(-1);
    if (last?.step === step) last.work += work;
    else this.#steps.push({ step, work });
    this.#forgetOld(now);
  }

  /** Work a millisecond; undefined where it is not known, 0 where nothing is written at all. */
  rate(now: number): number | undefined {
    if (this.#since === undefined || now - this.#since < KNOWN_AFTER_MS) return undefined;
    this.#forgetOld(now);
    let best = 0;
    let sum = 0;
    let first = 0;
    for (const { step, work } of this.#steps) {
      sum += work;
      for (; (this.#steps[first]?.step ?? step) <= step - RATE_STEPS; first++) {
        sum -= this.#steps[first]?.work ?? 0;
      }
      best = Math.max(best, sum);
    }
    return best / (RATE_STEPS * STEP_MS);
  }

  #forgetOld(now: number): void {
    const oldest = Math.floor((now - WINDOW_MS) / STEP_MS);
    while ((this.#steps[0]?.step ?? Infinity) < oldest) this.#steps.shift();
  }
}
