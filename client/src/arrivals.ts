import type { Cursor } from "./messages.ts";
import type { Operation } from "./reduce.ts";
import type { State } from "./state.ts";
import type { Notification } from "./types.ts";

/** Up to where a page was told of what is new, by stream. It never goes back, unlike a state may. */
export class Arrivals {
  readonly #told = new Map<string, Cursor>();

  /**
   * What is new in a state, oldest first within a stream; from now on it is not. Of a stream that was
   * not known before, or is another incarnation of itself, nothing is: that is the past.
   */
  take({ streams }: State): Notification[] {
    return Object.entries(streams).flatMap(([name, { epoch, seq, items }]) => {
      const told = this.#told.get(name);
      const isSame = told?.epoch === epoch;
      if (!isSame || seq > told.seq) this.#told.set(name, { epoch, seq });
      return isSame ? items.filter((item) => item.seq > told.seq) : [];
    });
  }

  /** Another tab has told of what an operation brings. */
  skip(operation: Operation): void {
    if (operation.do !== "messages") return;
    for (const message of operation.messages) {
      if (message.type !== "notification") continue;
      const told = this.#told.get(message.stream);
      if (told && message.seq > told.seq) {
        this.#told.set(message.stream, { ...told, seq: message.seq });
      }
    }
  }
}
