import { type Clock, repeat, type Timer } from "../clock.ts";

export interface ClockJumpsOptions {
  /** The machine's. */
  readonly clock: Clock;
  /** Told once for each jump, by how many milliseconds: above 0 where the clock went ahead. */
  readonly onJump: (ms: number) => void;
  readonly onError: (error: unknown) => void;
}

const LOOK_MS = 1_000;
/** What a machine's clock is set by at least; less is how exact a look is. */
const JUMP_MS = 1_000;
/** A look that took longer than this, because the machine is busy, tells nothing. */
const LOOK_WITHIN_MS = 50;
/**
 * A jump may be an error, or the correction of one, and nobody here can tell. It counts as a skew for so
 * long, which is enough for an alert, or until the clock is set back.
 */
const COUNTS_FOR_MS = 900_000;

/**
 * Notices when the clock of a machine is set, or when the machine was suspended, by comparing it with
 * the monotonic clock. For an instance that has no other clock to compare with.
 */
export class ClockJumps {
  readonly #options: ClockJumpsOptions;
  /** What the clock is ahead of the monotonic one, as of the last look. */
  #ahead: number;
  /** The same, when the clock was last taken for right. */
  #right: number;
  #jumpedAt = -Infinity;
  #timer: Timer | undefined;

  constructor(options: ClockJumpsOptions) {
    this.#options = options;
    const { clock } = options;
    this.#ahead = this.#right = clock.now() - clock.monotonic();
  }

  /** Milliseconds by which the clock was set lately; 0 where it was not, or was set back since. */
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
    // The process stood still between the two clocks.
    if (after - before > LOOK_WITHIN_MS) return;
    const ahead = wall - after;
    const jump = ahead - this.#ahead;
    // Clocks that drift apart are followed.
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
