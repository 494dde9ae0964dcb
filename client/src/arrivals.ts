import type { Cursor } from "./messages.ts";
import type { Operation } from "./reduce.ts";
import type { State } from "./state.ts";
import type { Notification } from "./types.ts";

/** So many ids are remembered of what other tabs have told of; what matters came within seconds. */
const REMEMBERED = 500;

/** What is news to a page. */
export class Arrivals {
  /** Up to where the page was told, by stream. It never goes back, unlike a state may. */
  readonly #told = new Map<string, Cursor>();
  readonly #elsewhere = new Set<string>();

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

  /**
   * Another tab leads, or did when it said so, and has carried out an operation: the browser's user
   * knows what it brings. This page may well hear of it once more: from the service, if it takes the
   * lead before it knows what the other one knew.
   */
  hear(operation: Operation): void {
    if (operation.do !== "messages") return;
    if (this.#elsewhere.size > REMEMBERED) this.#elsewhere.clear();
    for (const message of operation.messages) {
      if (message.type === "notification") this.#elsewhere.add(message.item.id);
    }
  }

  /** Whether no other tab has told the browser's user of it. */
  isFirst({ id }: Notification): boolean {
    return !this.#elsewhere.has(id);
  }
}
