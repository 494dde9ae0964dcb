import type { Clock } from "../../clock.ts";

/** Looks that are further apart tell that the process could not run: stopped, suspended, or starved. */
const STOOD_STILL_MS = 2_000;
/** What came meanwhile is taken in within so many milliseconds. */
const CATCH_UP_MS = 1_000;

/**
 * Notices that the process stood still. Timers are the first to run afterwards, so that a peer would be
 * given up whose answer has arrived and was only not read yet.
 */
export class StallDetector {
  readonly #clock: Clock;
  #lookedAt: number;
  #until = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lookedAt = clock.monotonic();
  }

  /** To be called a few times a second: whether there may still be something to take in. */
  isRecovering(): boolean {
    const now = this.#clock.monotonic();
    if (now - this.#lookedAt > STOOD_STILL_MS) this.#until = now + CATCH_UP_MS;
    this.#lookedAt = now;
    return now < this.#until;
  }
}
