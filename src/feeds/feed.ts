import type { OnError } from "./error_reports.ts";

/**
 * News of one kind for several listeners, called in the order in which they subscribed. If a listener
 * throws, or returns a promise that rejects, the error is reported; the emitter and the other listeners go on.
 *
 * @example
 * ```ts
 * const commits = new Feed<Commit>(reports.of("listeners of commits"));
 * const unsubscribe = commits.subscribe((commit) => devices.deliver(commit));
 * commits.emit(commit);
 * ```
 */
export class Feed<News> {
  readonly #listeners = new Set<(news: News) => unknown>();
  readonly #onError: OnError;

  constructor(onError: OnError) {
    this.#onError = onError;
  }

  /** Adds a listener. Call the returned function to remove it. */
  subscribe(listener: (news: News) => unknown): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls all listeners. Never throws. */
  emit(news: News): void {
    for (const listener of this.#listeners) {
      try {
        const result = listener(news);
        if (result instanceof Promise) result.catch(this.#onError);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}

/**
 * Runs a task and reports its failure, so that the code after it goes on. Never throws.
 *
 * @returns false if the task threw; the rejection of a promise is reported later
 */
export function guard(onError: OnError, task: () => unknown): boolean {
  try {
    const result = task();
    if (result instanceof Promise) result.catch(onError);
    return true;
  } catch (error) {
    onError(error);
    return false;
  }
}
