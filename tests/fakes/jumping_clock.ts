import type { Clock, Timer } from "../../src/clock.ts";
import { VirtualClock } from "./virtual_clock.ts";

const TIMEOUT_MAX = 2 ** 31 - 1;

/** A {@link VirtualClock} whose wall clock somebody can set, forwards or back, while no time goes by. */
export class JumpingClock implements Clock {
  readonly #time = new VirtualClock();
  #offset = 0;

  now(): number {
    return this.#time.now() + this.#offset;
  }

  monotonic(): number {
    return this.#time.monotonic();
  }

  after(ms: number, task: () => void): Timer {
    // As with `setTimeout`: what lies further ahead than a 32-bit integer says is run at once.
    return this.#time.after(ms > TIMEOUT_MAX ? 1 : ms, task);
  }

  /** Timers that wait to be run. */
  get pending(): number {
    return this.#time.pending;
  }

  /** Sets the wall clock forwards, or with a negative number back, by so many milliseconds. */
  jump(ms: number): void {
    this.#offset += ms;
  }

  /** Lets so many milliseconds go by. */
  advance(ms: number): Promise<void> {
    return this.#time.advance(ms);
  }

  /** Lets so many milliseconds go by in which the process can't run. */
  standStill(ms: number): void {
    this.#time.standStill(ms);
  }

  /** Lets time go by until the promise is settled; rejects when it takes longer than `withinMs`. */
  until<T>(promise: Promise<T>, { withinMs }: { withinMs: number }): Promise<T> {
    return this.#time.until(promise, { withinMs });
  }
}
