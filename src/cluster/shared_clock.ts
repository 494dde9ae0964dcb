import { type Clock, pause, repeat, type Timer } from "../clock.ts";
import { guard } from "../feeds/feed.ts";
import type { ReferenceClock } from "../kv/kv.ts";

/** What instances tell each other about their clocks. */
export interface ClockVotes {
  /** Milliseconds that the machine's clock is ahead of the reference; undefined until it is known. */
  readonly ahead: number | undefined;
  /** Sets what the other live instances report for their clocks. */
  setOthers(others: readonly number[]): void;
}

export interface SharedClockOptions {
  /** The machine's clock. */
  readonly clock: Clock;
  readonly reference: ReferenceClock;
  /** Called when the error of the machine's clock changes, with its milliseconds; 0 if it is right again. */
  readonly onSkew: (ms: number) => void;
  readonly onError: (error: unknown) => void;
}

/** The reference has a resolution of one second. */
const RESOLUTION_MS = 1_000;
const LOOK_MS = 1_000;
/** How often the reference is asked while the machine's clock was not set. */
const ASK_EVERY_MS = 10_000;
/** A larger change means that the machine's clock was set, not that it drifts. */
const STEP_MS = 500;
/** Several requests at different parts of a second narrow the difference down to less than a second. */
const SHARPEN_TIMES = 8;
const SHARPEN_MS = 130;

/** The lowest and the highest possible value. */
type Range = readonly [number, number];

/**
 * The time that all instances share, even if a machine's clock is wrong. Due work, publishing times and the
 * expiry of tokens go by it.
 *
 * Each instance compares its machine's clock with a reference that all instances can ask, and writes the
 * difference into its lease. The median of these differences and 0, the reference's own, counts as right:
 * so one wrong clock, even the reference's, changes nothing with two or more instances. A lone instance
 * trusts the reference.
 *
 * Differences below about a second are ignored. Between two looks the time is monotonic, whatever happens
 * to the machine's clock.
 */
export class SharedClock implements Clock, ClockVotes {
  readonly #options: SharedClockOptions;
  #ahead: number | undefined;
  #others: readonly number[] = [];
  /** Milliseconds to add to the monotonic time. */
  #bias: number;
  /** Milliseconds that the machine's clock was ahead of the monotonic time at the last look. */
  #wall: number;
  #skew = 0;
  #askedAt = -Infinity;
  #timer: Timer | undefined;

  constructor(options: SharedClockOptions) {
    this.#options = options;
    this.#bias = this.#wall = this.#wallAhead();
  }

  /** Resolves when the reference has answered or failed; from then on it is asked regularly. */
  async start(): Promise<void> {
    await this.#look();
    const { clock, onError } = this.#options;
    this.#timer = repeat(clock, LOOK_MS, () => this.#look(), onError);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  now(): number {
    return Math.floor(this.#options.clock.monotonic() + this.#bias);
  }

  monotonic(): number {
    return this.#options.clock.monotonic();
  }

  after(ms: number, task: () => void): Timer {
    return this.#options.clock.after(ms, task);
  }

  get ahead(): number | undefined {
    return this.#ahead;
  }

  /** Milliseconds that the machine's clock is ahead of the shared time; 0 if it is right. */
  get skew(): number {
    return this.#skew;
  }

  setOthers(others: readonly number[]): void {
    this.#others = others;
    this.#decide();
  }

  async #look(): Promise<void> {
    const { clock, onError } = this.#options;
    const isStepped = Math.abs(this.#wallAhead() - this.#wall) > STEP_MS;
    if (!isStepped && clock.monotonic() - this.#askedAt < ASK_EVERY_MS) return;
    this.#askedAt = clock.monotonic();
    try {
      await this.#compare();
      this.#decide();
    } catch (error) {
      // The last result stays valid: the shared time does not depend on the machine's clock.
      onError(error);
    }
  }

  async #compare(): Promise<void> {
    let range = await this.#ask();
    const known = this.#ahead;
    if (!holds(range, 0) && (known === undefined || !holds(range, known))) {
      for (let i = 0; i < SHARPEN_TIMES; i++) {
        await pause(this.#options.clock, SHARPEN_MS);
        range = narrow(range, await this.#ask());
      }
    }
    this.#wall = this.#wallAhead();
    if (holds(range, 0)) this.#ahead = 0;
    else if (known === undefined || !holds(range, known)) this.#ahead = (range[0] + range[1]) / 2;
  }

  /** The range of the machine's clock's difference from the reference, by one answer. */
  async #ask(): Promise<Range> {
    const { clock, reference } = this.#options;
    const sent = clock.now();
    const second = await reference.ask();
    return [sent - (second + RESOLUTION_MS), clock.now() - second];
  }

  #decide(): void {
    if (this.#ahead === undefined) return;
    const off = this.#ahead - median([0, this.#ahead, ...this.#others]);
    const skew = Math.abs(off) < RESOLUTION_MS ? 0 : off;
    this.#bias = this.#wall - skew;
    if (Math.abs(skew - this.#skew) < RESOLUTION_MS) return;
    this.#skew = skew;
    const { onSkew, onError } = this.#options;
    guard(onError, () => onSkew(Math.round(skew)));
  }

  #wallAhead(): number {
    const { clock } = this.#options;
    return clock.now() - clock.monotonic();
  }
}

function holds([from, to]: Range, value: number): boolean {
  return from <= value && value <= to;
}

/** The intersection of both ranges. If it is empty, a clock was set in between, and the later one counts. */
function narrow(earlier: Range, later: Range): Range {
  const from = Math.max(earlier[0], later[0]);
  const to = Math.min(earlier[1], later[1]);
  return from <= to ? [from, to] : later;
}

/** The middle value; of two middle values, the one nearer to 0. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] as number;
  const lower = sorted[(sorted.length - 1) >> 1] as number;
  return Math.abs(lower) < Math.abs(upper) ? lower : upper;
}
