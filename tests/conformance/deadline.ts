/** What was expected did not come. */
export class TooLate extends Error {
  override readonly name = "TooLate";
  constructor(what: string, ms: number) {
    super(`${what} did not come within ${ms / 1000} s`);
  }
}

/**
 * Waits for a promise, but not for ever.
 *
 * @throws {TooLate}
 */
export async function within<T>(promise: Promise<T>, what: string, ms = 60_000): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooLate(what, ms)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks again and again until the answer is something.
 *
 * @throws {TooLate}
 */
export async function until<T>(
  ask: () => Promise<T | undefined>,
  what: string,
  ms = 60_000,
): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new TooLate(what, ms);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
