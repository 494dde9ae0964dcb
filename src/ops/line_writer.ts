/** The destination of the lines, such as `Deno.stdout`. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes lines in the background. */
export interface LineWriter {
  /** Queues a line that ends with a line break. Never throws, never waits. */
  write(line: string): void;
  /** Resolves when all queued lines are written, or the sink has failed. */
  flush(): Promise<void>;
}

const MAX_WAITING = 1024 * 1024;

/**
 * Creates a writer that a slow reader of the log cannot hold up: a synchronous write to a full pipe would
 * stop the whole service. The queue is bounded; above that, lines are dropped and counted, and the count is
 * written once there is room.
 *
 * @param sink once it fails, all further lines are dropped
 * @param options `dropped`: returns the line that tells how many were dropped; `maxWaiting`: the bound of
 * the queue in characters
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
      // The reader of the log is gone; the service goes on.
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
      // Writing starts in the next microtask, so that lines of one task are written together.
      running ??= Promise.resolve().then(run);
    },
    flush: () => running ?? Promise.resolve(),
  };
}
