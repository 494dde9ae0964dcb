import { type Clock, pause } from "../clock.ts";
import { guard } from "../feeds/feed.ts";
import type { KvKey } from "../kv/kv.ts";

/**
 * Tells when a key changes, or may have changed: soon, usually. It can be late, ring for nothing, or
 * stop to ring without a word; whoever relies on it also looks by himself.
 */
export interface Bell {
  /** Rings for this key until it is told to stop. */
  ring(key: KvKey, onRing: () => void): { stop(): void };
}

const AGAIN_MS = 1_000;

/**
 * The bell of Deno KV.
 *
 * Against a `denokv` server it needs a handle of its own: a watch that shares its connection with
 * other calls slows all of them by tens of milliseconds. On a file it must share the one there is.
 */
export class DenoBell implements Bell {
  readonly #kv: Deno.Kv;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;

  constructor(
    kv: Deno.Kv,
    { clock, onError }: { clock: Clock; onError: (error: unknown) => void },
  ) {
    this.#kv = kv;
    this.#clock = clock;
    this.#onError = onError;
  }

  ring(key: KvKey, onRing: () => void): { stop(): void } {
    const stopped = new AbortController();
    void this.#listen(key, onRing, stopped.signal);
    return { stop: () => stopped.abort() };
  }

  async #listen(key: KvKey, onRing: () => void, stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      const reader = this.#kv.watch([key]).getReader();
      const cancel = () => void reader.cancel().catch(() => {});
      stopped.addEventListener("abort", cancel);
      try {
        while (!(await reader.read()).done) guard(this.#onError, onRing);
      } catch (error) {
        if (!stopped.aborted) this.#onError(error);
      } finally {
        stopped.removeEventListener("abort", cancel);
      }
      // It has ended by itself, as when the server went away.
      if (!stopped.aborted) await pause(this.#clock, AGAIN_MS, stopped).catch(() => {});
    }
  }
}
