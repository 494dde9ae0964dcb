import { type Clock, pause } from "../../clock.ts";
import { guard } from "../../feeds/feed.ts";
import type { KeyWatcher, KvKey } from "../kv.ts";

const RETRY_MS = 1_000;

/**
 * Watches keys with the `watch` of Deno KV, and begins again where a watch ends.
 *
 * Against a `denokv` server it needs a handle of its own: a watch that shares its connection with
 * other calls slows all of them by tens of milliseconds. On a file it must share the one there is.
 */
export class DenoKeyWatcher implements KeyWatcher {
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

  watch(key: KvKey, onChange: () => void): { stop(): void } {
    const stopped = new AbortController();
    void this.#listen(key, onChange, stopped.signal);
    return { stop: () => stopped.abort() };
  }

  async #listen(key: KvKey, onChange: () => void, stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      const reader = this.#kv.watch([key]).getReader();
      const cancel = () => void reader.cancel().catch(() => {});
      stopped.addEventListener("abort", cancel);
      try {
        while (!(await reader.read()).done) guard(this.#onError, onChange);
      } catch (error) {
        if (!stopped.aborted) this.#onError(error);
      } finally {
        stopped.removeEventListener("abort", cancel);
      }
      // It has ended by itself, as when the server went away.
      if (!stopped.aborted) await pause(this.#clock, RETRY_MS, stopped).catch(() => {});
    }
  }
}
