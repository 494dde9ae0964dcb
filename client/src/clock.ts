/** Time, and what happens later. */
export interface Clock {
  /** Milliseconds since 1970 as the device has them: it may be wrong, and may jump. */
  now(): number;
  /** Milliseconds since some moment, which never jump: for how long something takes. */
  monotonic(): number;
  /** Carries out a task after so many milliseconds, unless it is cancelled before. */
  after(ms: number, task: () => void): { cancel(): void };
}

/** Longer waits overflow the timers of browsers, and end at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** The device's own. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, Math.min(ms, LONGEST_MS));
    return { cancel: () => clearTimeout(timer) };
  },
};

/** One thing to do later that is set, moved and cleared; at most one is ever pending. */
export class Alarm {
  readonly #clock: Clock;
  #timer: { cancel(): void } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(ms: number, task: () => void): void {
    this.clear();
    this.#timer = this.#clock.after(ms, task);
  }

  clear(): void {
    this.#timer?.cancel();
  }
}

/** The answer of a page that was busy for long may be there already: it gets a turn. */
const TURN_MS = 50;

/** Gives what a promise gives. Rejects where that takes longer than so many milliseconds. */
export function inTime<T>(
  clock: Pick<Clock, "after">,
  ms: number,
  promise: PromiseLike<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer = clock.after(ms, () => {
      timer = clock.after(TURN_MS, () => reject(new Error("Timed out")));
    });
    promise.then(resolve, reject).then(() => timer.cancel());
  });
}

const BASE_MS = 500;
const MAX_MS = 20_000;

/**
 * How long to wait before the next attempt: anything from half a second up to a bound that doubles with
 * each failure, 20 s at most. That much chance ("full jitter") keeps clients that lost the same server
 * from coming back all at once.
 *
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param failures attempts in a row that came to nothing
 * @param random gives numbers from 0 up to 1
 * @returns milliseconds
 */
export function backoff(failures: number, random: () => number): number {
  const bound = Math.min(MAX_MS, BASE_MS * 2 ** (failures + 1));
  return BASE_MS + random() * (bound - BASE_MS);
}
