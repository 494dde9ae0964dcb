import type { BellEvents } from "./types.ts";

/** Everything that can be heard of, the snapshot's changes included. */
export interface Events extends BellEvents {
  snapshot: () => void;
}

/** Who hears of what. */
export class Listeners {
  readonly #listeners = new Map<keyof Events, Set<(...args: never[]) => void>>();

  /** @returns ends it */
  on<K extends keyof Events>(event: K, listener: Events[K]): () => void {
    const all = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, all);
    // The same function may listen twice, and each time ends by itself.
    const own = (...args: never[]) => (listener as (...args: never[]) => void)(...args);
    all.add(own);
    return () => void all.delete(own);
  }

  /** What a listener throws is told as an error, and keeps nobody else from hearing. */
  tell<K extends keyof Events>(event: K, ...args: Parameters<Events[K]>): void {
    for (const listener of [...this.#listeners.get(event) ?? []]) {
      try {
        listener(...args as never[]);
      } catch (error) {
        if (event !== "error" && this.#listeners.get("error")?.size) this.tell("error", error);
        else {queueMicrotask(() => {
            throw error;
          });}
      }
    }
  }
}
