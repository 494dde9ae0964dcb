import type { BellEvents } from "./types.ts";

/** Everything that can be heard of, the snapshot's changes included. */
export interface Events extends BellEvents {
  snapshot: () => void;
}

/** Who hears of what. */
export class Listeners {
  /** The same function may listen twice, and each time ends by itself. */
  readonly #all = new Set<{
    readonly event: keyof Events;
    readonly listener: (...args: never[]) => void;
  }>();

  /** @returns ends it */
  on<K extends keyof Events>(event: K, listener: Events[K]): () => void {
    const entry = { event, listener };
    this.#all.add(entry);
    return () => void this.#all.delete(entry);
  }

  /** What a listener throws is told as an error, and keeps nobody else from hearing. */
  tell<K extends keyof Events>(event: K, ...args: Parameters<Events[K]>): void {
    for (const entry of this.#of(event)) {
      try {
        // One that was told before may have ended it.
        if (this.#all.has(entry)) entry.listener(...args as never[]);
      } catch (error) {
        if (event !== "error" && this.#of("error").length) this.tell("error", error);
        else {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    }
  }

  #of(event: keyof Events) {
    return [...this.#all].filter((entry) => entry.event === event);
  }
}
