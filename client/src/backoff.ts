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
