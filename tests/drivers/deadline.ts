/** Something did not happen in time. */
export class DeadlineMissed extends Error {
  override readonly name = "DeadlineMissed";
}

/** No single step of a test takes so long on a machine that works, however busy it is. */
export const DEADLINE_MS = 60_000;

const LOOK_AGAIN_MS = 10;

/**
 * Waits for a promise, for so long at most.
 *
 * @param what the thing waited for, for the message: `the process's end`
 * @param ms milliseconds
 * @throws {DeadlineMissed}
 */
export async function within<T>(
  promise: Promise<T>,
  what: string | (() => string),
  ms = DEADLINE_MS,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const text = typeof what === "string" ? what : what();
      reject(new DeadlineMissed(`Waited ${ms} ms in vain for ${text}`));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Looks again and again until a look gives something, for what tells nobody when it changes.
 *
 * @param look gives undefined or false while it is not so yet
 * @throws {DeadlineMissed}
 */
export async function eventually<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
  what: string | (() => string),
  ms = DEADLINE_MS,
): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > end) {
      const text = typeof what === "string" ? what : what();
      throw new DeadlineMissed(`Waited ${ms} ms in vain for ${text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
