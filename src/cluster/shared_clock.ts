import { type Clock, pause, repeat, type Timer } from "../clock.ts";
import { guard } from "../feeds/feed.ts";
import type { ReferenceClock } from "../kv/kv.ts";

/** What instances tell each other of their clocks. */
export interface ClockVotes {
  /** Milliseconds that the machine's clock is ahead of the reference; undefined while not known. */
  readonly ahead: number | undefined;
  /** Takes in what the other live instances say of theirs. */
  hear(others: readonly number[]): void;
}

export interface SharedClockOptions {
  /** The machine's. */
  readonly clock: Clock;
  readonly reference: ReferenceClock;
  /** Hears when the machine's clock turns out to be wrong by so many milliseconds, and right: 0. */
  readonly onSkew: (ms: number) => void;
  readonly onError: (error: unknown) => void;
}

/** A reference shows whole seconds. */
const RESOLUTION_MS = 1_000;
const LOOK_MS = 1_000;
/** How often the reference is asked where nothing is conspicuous. */
const ASK_EVERY_MS = 10_000;
/** The machine's clock was set, rather than that it drifts. */
const STEP_MS = 500;
/** Asking at so many moments of different seconds shows where between two seconds the truth lies. */
const SHARPEN_TIMES = 8;
const SHARPEN_MS = 130;

/** From, to: somewhere in between. */
type Range = readonly [number, number];

/**
 * The time that all instances agree on, whatever their machines' clocks say: what is due goes by it,
 * and when something was published, and whether a token has expired.
 *
 * Each instance compares its machine's clock with one that all can ask, and says in its lease how far
 * it is ahead. The median of these, the reference itself being 0, is taken for right: so one wrong
 * clock, be it the reference's, changes nothing as soon as there are two instances. Of two that differ,
 * as with an instance that is alone with the reference, the reference is believed.
 *
 * Clocks that agree within about a second are left alone. Between two looks the time goes by
 * monotonically: somebody who sets the machine's clock changes nothing.
 */
export class SharedClock implements Clock, ClockVotes {
  readonly #options: SharedClockOptions;
  #ahead: number | undefined;
  #others: readonly number[] = [];
  /** To be added to the monotonic time. */
  #bias: number;
  /** What the machine's clock was ahead of the monotonic time at the last look. */
  #wall: number;
  #skew = 0;
  #askedAt = -Infinity;
  #timer: Timer | undefined;

  constructor(options: SharedClockOptions) {
    this.#options = options;
    this.#bias = this.#wall = this.#wallAhead();
  }

  /** Resolves when the reference has answered, or has not; from then on it looks by itself. */
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

  /** Milliseconds that the machine's clock is ahead of the time that all agree on; 0 where it is right. */
  get skew(): number {
    return this.#skew;
  }

  hear(others: readonly number[]): void {
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
      // What was found out before still holds: the time does not hang on the machine's clock.
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

  /** How far the machine's clock is ahead of the reference, as far as one answer tells. */
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

/** What both say; where they contradict each other a clock was set in between, and the later counts. */
function narrow(earlier: Range, later: Range): Range {
  const from = Math.max(earlier[0], later[0]);
  const to = Math.min(earlier[1], later[1]);
  return from <= to ? [from, to] : later;
}

/** The one in the middle; of two, the one that is nearer to 0. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] as number;
  const lower = sorted[(sorted.length - 1) >> 1] as number;
  return Math.abs(lower) < Math.abs(upper) ? lower : upper;
}
