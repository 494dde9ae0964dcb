const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** A worker that ran for so long has not crashed because of its start. */
const GOOD_AFTER_MS = 60_000;
/** Crashes, or failed starts, in a row after which restarting is given up. */
const TRIES = 5;

/** Decides when a worker is restarted after a crash, and when restarting is given up. */
export class Restarts {
  readonly #now: () => number;
  #startedAt = 0;
  #crashes = 0;
  #failures = 0;

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The worker has crashed several times in a row, each time soon after its start. */
  get keepsCrashing(): boolean {
    return this.#crashes >= TRIES;
  }

  /** The worker has crashed, or could not start, several times in a row. */
  get keepsFailing(): boolean {
    return this.#failures > 0 && this.#crashes + this.#failures >= TRIES;
  }

  /** Milliseconds to wait before the next start. */
  get pause(): number {
    const before = this.#crashes + this.#failures - 1;
    return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, before));
  }

  started(): void {
    this.#startedAt = this.#now();
    this.#failures = 0;
  }

  crashed(): void {
    if (this.#now() - this.#startedAt > GOOD_AFTER_MS) this.#crashes = 0;
    this.#crashes++;
  }

  failed(): void {
    this.#failures++;
  }
}
