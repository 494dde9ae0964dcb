import { type Clock, repeat, type Timer } from "../clock.ts";

export interface ClockJumpsOptions {
  /** The machine's clock. */
  readonly clock: Clock;
  /** Called once for each jump with its milliseconds; above 0 if the clock was set ahead. */
  readonly onJump: (ms: number) => void;
  readonly onError: (error: unknown) => void;
}

const LOOK_MS = 1_000;
/** Smaller differences are below the precision of a look. */
const JUMP_MS = 1_000;
/** A look that takes longer, on a busy machine, is ignored. */
const LOOK_WITHIN_MS = 50;
/**
 * A jump may be an error or the correction of one; the instance cannot tell. It counts as a skew for so
 * long, which is enough for an alert, or until the clock is set back.
 */
const COUNTS_FOR_MS = 900_000;

/**
 * Detects that a machine's clock was set, or that the machine was suspended, by comparison with the
 * monotonic clock. For an instance that has no reference clock.
 */
export class ClockJumps {
  readonly #options: ClockJumpsOptions;
  /** Milliseconds that the clock was ahead of the monotonic clock at the last look. */
  #ahead: number;
  /** The same when the clock was last considered right. */
  #right: number;
  #jumpedAt = -Infinity;
  #timer: Timer | undefined;

  constructor(options: ClockJumpsOptions) {
    this.#options = options;
    const { clock } = options;
    this.#ahead = this.#right = clock.now() - clock.monotonic();
  }

  /** Milliseconds by which the clock was set lately; 0 if it was not, or was set back. */
  get skew(): number {
    const skew = this.#ahead - this.#right;
    return Math.abs(skew) < JUMP_MS ? 0 : skew;
  }

  start(): void {
    const { clock, onError } = this.#options;
    this.#timer = repeat(clock, LOOK_MS, () => this.#look(), onError);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const { clock, onJump } = this.#options;
    const before = clock.monotonic();
    const wall = clock.now();
    const after = clock.monotonic();
    // The process was suspended between the two readings.
    if (after - before > LOOK_WITHIN_MS) return;
    const ahead = wall - after;
    const jump = ahead - this.#ahead;
    // Slow drift is no jump.
    this.#ahead = ahead;
    if (Math.abs(jump) >= JUMP_MS) {
      this.#jumpedAt = after;
      onJump(Math.round(jump));
    } else if (after - this.#jumpedAt > COUNTS_FOR_MS) {
      this.#right = ahead;
    } else {
      this.#right += jump;
    }
  }
}
