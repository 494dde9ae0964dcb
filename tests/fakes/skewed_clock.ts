import type { Clock, Timer } from "../../src/clock.ts";

/** A machine's clock that is wrong, or is set, while time itself goes by as ever. */
export class SkewedClock implements Clock {
  readonly #true: Clock;
  /** Milliseconds that it is ahead. */
  ahead: number;

  constructor(truth: Clock, ahead: number) {
    this.#true = truth;
    this.ahead = ahead;
  }

  now(): number {
    return this.#true.now() + this.ahead;
  }

  monotonic(): number {
    return this.#true.monotonic();
  }

  after(ms: number, task: () => void): Timer {
    return this.#true.after(ms, task);
  }
}
