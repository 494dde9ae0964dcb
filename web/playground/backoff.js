// @ts-check

const BASE_MS = 400;
const MAX_MS = 20_000;

/**
 * How long to wait before the next attempt: anything between nothing and a bound that doubles with
 * each failure. That much chance ("full jitter") keeps clients that lost the same server from coming
 * back all at once.
 *
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param {number} failures attempts in a row that came to nothing; 0 after a connection that worked
 * @param {() => number} [random] gives numbers from 0 up to 1
 * @returns {number} milliseconds
 */
export function backoff(failures, random = Math.random) {
  return Math.round(random() * Math.min(MAX_MS, BASE_MS * 2 ** failures));
}
