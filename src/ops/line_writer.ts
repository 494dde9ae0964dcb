/** Where lines go in the end: `Deno.stdout` and `Deno.stderr` are such. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes lines in the background. */
export interface LineWriter {
  /** Takes a line, its line break included; never throws, never waits. */
  write(line: string): void;
  /** Resolves when all that was taken is written, or can't be. */
  flush(): Promise<void>;
}

const MAX_WAITING = 1024 * 1024;

/**
 * Makes a writer that whoever reads the log can't hold up: a synchronous write to a pipe that nobody
 * empties would stop the whole service. What waits is bounded; above that, lines are dropped and
 * counted, and the count is written once there is room.
 *
 * @param sink is written to; when it fails, the rest is dropped for good
 * @param options `dropped`: the line that tells how many are missing; `maxWaiting`: characters
 */
export function createLineWriter(
  sink: ByteSink,
  { dropped, maxWaiting = MAX_WAITING }: {
    dropped: (count: number) => string;
    maxWaiting?: number;
  },
): LineWriter {
  const encoder = new TextEncoder();
  let waiting = "";
  let missing = 0;
  let closed = false;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    try {
      while (waiting !== "") {
        const bytes = encoder.encode(waiting);
        waiting = "";
        for (let at = 0; at < bytes.length;) at += await sink.write(bytes.subarray(at));
        if (missing > 0) {
          waiting = dropped(missing) + waiting;
          missing = 0;
        }
      }
    } catch {
      // Nobody reads the log any more; that is no reason to stop serving.
      closed = true;
      waiting = "";
    } finally {
      running = undefined;
    }
  }

  return {
    write(line) {
      if (closed) return;
      if (waiting.length + line.length > maxWaiting) {
        missing++;
        return;
      }
      waiting += line;
      // Started in the next turn, so that lines of one turn are written together.
      running ??= Promise.resolve().then(run);
    },
    flush: () => running ?? Promise.resolve(),
  };
}
