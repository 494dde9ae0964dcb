/** Time, and what happens later. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Carries out a task after so many milliseconds, unless it is cancelled before. */
  after(ms: number, task: () => void): { cancel(): void };
}

/** Longer waits overflow the timers of browsers, and end at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** The device's own. */
export const systemClock: Clock = {
  now: () => Date.now(),
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
