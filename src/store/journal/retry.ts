import { isLocked } from "../../kv/failures.ts";

/** Waits for so many milliseconds; rejects when there is no point in going on. */
export type Pause = (ms: number) => Promise<void>;

const LOCKED_MIN_MS = 1;
const LOCKED_SPREAD_MS = 4;
const FIRST_MS = 10;
const LONGEST_MS = 1_000;

/**
 * How long to wait before the next try: a few milliseconds where SQLite only says that another handle
 * is writing the file, else longer each time, with jitter so that many don't return together.
 */
export class Retry {
  readonly #pause: Pause;
  readonly #random: () => number;
  #failures = 0;

  /** @param random at least 0 and less than 1 */
  constructor(pause: Pause, random: () => number) {
    this.#pause = pause;
    this.#random = random;
  }

  wait(error?: unknown): Promise<void> {
    if (isLocked(error)) return this.#pause(LOCKED_MIN_MS + this.#random() * LOCKED_SPREAD_MS);
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++);
    return this.#pause(longest / 2 + this.#random() * longest / 2);
  }
}
