import { type Clock, repeat, type Timer } from "../clock.ts";

const LOOK_MS = 2_000;

/**
 * Calls back when files have changed, and stand still again: a certificate and its key are written one
 * after the other. Looking at them now and then works on every kind of disk, and where Kubernetes puts
 * another folder in the place of the one that a link leads to.
 *
 * @param options `onChange` is called once for each change
 */
export function watchFiles(
  paths: readonly string[],
  { clock, onChange, onError }: {
    clock: Clock;
    onChange: () => void;
    onError: (error: unknown) => void;
  },
): Timer {
  let known = looksOf(paths);
  let last = known;
  return repeat(clock, LOOK_MS, async () => {
    const now = await looksOf(paths);
    const isSettled = now === await last;
    last = Promise.resolve(now);
    if (!isSettled || now === await known) return;
    known = last;
    onChange();
  }, onError);
}

/** What changes with a file, as one text. */
async function looksOf(paths: readonly string[]): Promise<string> {
  const looks = await Promise.all(paths.map(async (path) => {
    try {
      const { dev, ino, size, mtime } = await Deno.stat(path);
      return [dev, ino, size, mtime?.getTime()].join();
    } catch {
      return "missing";
    }
  }));
  return looks.join(" ");
}
