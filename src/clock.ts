/** Something that will happen, unless it is cancelled. */
export interface Timer {
  cancel(): void;
}

/** Time as the service sees it; passed in, so that tests can decide how it goes by. */
export interface Clock {
  /** Whole milliseconds since the epoch; may jump when somebody sets the machine's clock. */
  now(): number;
  /** Milliseconds from an arbitrary moment on; never jumps. Waiting is measured with it. */
  monotonic(): number;
  /** Runs `task` once, after so many milliseconds. */
  after(ms: number, task: () => void): Timer;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, task) {
    const id = setTimeout(task, ms);
    return { cancel: () => clearTimeout(id) };
  },
};

/**
 * Resolves after so many milliseconds; rejects with the signal's reason once it is aborted.
 *
 * @example
 * ```ts
 * await pause(systemClock, 10);
 * ```
 */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(ms, () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/**
 * Runs `task` every so many milliseconds, the next time only once it is done.
 *
 * @param onError takes what the task throws; the task runs again all the same
 */
export function repeat(
  clock: Clock,
  ms: number,
  task: () => void | Promise<void>,
  onError: (error: unknown) => void,
): Timer {
  let timer: Timer;
  let cancelled = false;
  const next = () => {
    timer = clock.after(ms, async () => {
      try {
        await task();
      } catch (error) {
        onError(error);
      } finally {
        if (!cancelled) next();
      }
    });
  };
  next();
  return {
    cancel() {
      cancelled = true;
      timer.cancel();
    },
  };
}

const DEADLINE_STEPS = 5;

/**
 * Runs `task` after so many milliseconds in which this process could run. While the process stands
 * still, as when its machine is suspended, time goes by and no answer can be taken in: such a pause
 * counts as a fifth of the time at most.
 */
export function deadline(clock: Clock, ms: number, task: () => void): Timer {
  let timer: Timer;
  let left = DEADLINE_STEPS;
  const step = () => {
    timer = clock.after(ms / DEADLINE_STEPS, () => --left === 0 ? task() : step());
  };
  step();
  return { cancel: () => timer.cancel() };
}

/** What `promise` resolves to, or undefined where it has not settled within so many milliseconds. */
export function within<T>(
  clock: Clock,
  ms: number,
  promise: Promise<T>,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = deadline(clock, ms, () => resolve(undefined));
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}
