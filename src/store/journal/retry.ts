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
  #failures = 0;

  constructor(pause: Pause) {
    this.#pause = pause;
  }

  wait(error?: unknown): Promise<void> {
    if (isLocked(error)) return this.#pause(LOCKED_MIN_MS + Math.random() * LOCKED_SPREAD_MS);
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++);
    return this.#pause(longest / 2 + Math.random() * longest / 2);
  }
}

/** Deno reports SQLITE_BUSY as a `TypeError` with this text. */
function isLocked(error: unknown): boolean {
  return error instanceof Error && error.message.includes("database is locked");
}
