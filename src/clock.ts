/** A task that will run unless it is cancelled. */
export interface Timer {
  cancel(): void;
}

/** The service's source of time. Tests replace it to control the time. */
export interface Clock {
  /** Whole milliseconds since the epoch; jumps when the machine's clock is set. */
  now(): number;
  /** Milliseconds since an arbitrary moment; never jumps. Durations are measured with it. */
  monotonic(): number;
  /** Runs `task` once, after so many milliseconds. */
  after(ms: number, task: () => void): Timer;
}

/** The clock of the machine. */
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
 * Runs `task` again and again, each time so many milliseconds after the last run has ended.
 *
 * @param onError takes what the task throws; the task goes on to run
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
 * Runs `task` after so many milliseconds in which the process could run. While the process is suspended it
 * cannot receive an answer, so such a pause counts as at most a fifth of the time.
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

/** Resolves as `promise` does, or with undefined if that takes longer than so many milliseconds. */
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
