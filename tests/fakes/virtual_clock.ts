import { setImmediate } from "node:timers";
import type { Clock, Timer } from "../../src/clock.ts";

interface Waiting {
  readonly at: number;
  readonly task: () => void;
}

/** Some day in 2026, in the morning. */
const START = Date.UTC(2026, 5, 1, 8);

/**
 * Time that goes by only when a test says so, and then at once. Timers run in the order of their
 * times, those of the same time in the order in which they were set; before each of them whatever the
 * one before set in motion settles.
 */
export class VirtualClock implements Clock {
  #elapsed = 0;
  /** Ascending by time, equal times in the order in which they were set. */
  readonly #timers: Waiting[] = [];

  now(): number {
    return START + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(ms: number, task: () => void): Timer {
    const timer = { at: this.#elapsed + Math.max(0, ms), task };
    const later = this.#timers.findLastIndex(({ at }) => at <= timer.at) + 1;
    this.#timers.splice(later, 0, timer);
    return {
      cancel: () => {
        const index = this.#timers.indexOf(timer);
        if (index !== -1) this.#timers.splice(index, 1);
      },
    };
  }

  /** Timers that wait to be run. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Lets so many milliseconds go by. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settle();
    while ((this.#timers[0]?.at ?? Infinity) <= end) await this.#runNext();
    this.#elapsed = end;
  }

  /**
   * Lets so many milliseconds go by in which the process can't run: afterwards all timers whose time has
   * come run before anything else does.
   */
  standStill(ms: number): void {
    this.#elapsed += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#elapsed);
    this.#timers.splice(0, due.length);
    for (const { task } of due) task();
  }

  /**
   * Lets time go by until the promise is settled, and gives its result. Rejects when nothing is left
   * that could settle it, or when it takes longer than `withinMs`.
   */
  async until<T>(promise: Promise<T>, { withinMs }: { withinMs: number }): Promise<T> {
    const end = this.#elapsed + withinMs;
    let settled = false;
    const note = () => {
      settled = true;
    };
    promise.then(note, note);
    await settle();
    while (!settled) {
      const next = this.#timers[0];
      if (next === undefined) throw new Error("Nothing is left that could settle the promise");
      if (next.at > end) throw new Error(`The promise was not settled within ${withinMs} ms`);
      await this.#runNext();
    }
    return await promise;
  }

  async #runNext(): Promise<void> {
    const timer = this.#timers.shift();
    if (timer === undefined) return;
    this.#elapsed = timer.at;
    timer.task();
    await settle();
  }
}

/** Resolves when no promise is left that could go on without a timer or the outside world. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
