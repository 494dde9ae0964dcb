import type { Listeners } from "./listeners.ts";
import type { Cursor } from "../../protocol/messages.ts";
import type { Operation } from "./reduce.ts";
import type { SharedState } from "./shared_state.ts";
import type { State } from "./state.ts";
import type { Notification } from "./notification.ts";

/** So many ids are remembered of what other tabs have told of. */
const REMEMBERED = 500;

/** Tells a page of what is new: in every tab, and as a toast in one. */
export class ArrivalNotifier {
  /** The browser was up to date before, so that what comes is news. */
  wasLive = false;
  readonly #listeners: Listeners;
  readonly #show: (item: Notification) => void;
  /** Up to where the page was told, by stream. It never goes back, unlike a state may. */
  readonly #told = new Map<string, Cursor>();
  /** Ids of what other tabs have told of. */
  readonly #elsewhere = new Set<string>();

  /** @param show shows a system notification, if there is to be one */
  constructor(listeners: Listeners, show: (item: Notification) => void) {
    this.#listeners = listeners;
    this.#show = show;
  }

  /** What is known has changed: by an operation, or as all was taken over from somewhere else. */
  take({ state, connection, tabs }: SharedState, operation?: Operation): void {
    const arrived = this.#arrived(state);
    // What was loaded from disk, or taken over when the page has just been opened, is no news.
    if (operation?.do !== "messages" && !this.wasLive) return;
    for (const item of arrived) {
      this.#listeners.tell("notification", item, { live: connection.state === "live" });
      if (!this.wasLive || !tabs.leads || this.#elsewhere.has(item.id)) continue;
      // Another tab may take the lead just now, and hear of it too. Whoever claims it first shows it.
      tabs.claim(item.id, () => {
        this.#listeners.tell("toast", item);
        if (state.system) this.#show(item);
      });
    }
  }

  /**
   * Another tab has carried out an operation, and has shown what it brings. Should that tab be closed and
   * this one connect before it knows all, the service tells it once more.
   */
  hear(operation: Operation): void {
    if (operation.do !== "messages") return;
    if (this.#elsewhere.size > REMEMBERED) this.#elsewhere.clear();
    for (const message of operation.messages) {
      if (message.type === "notification") this.#elsewhere.add(message.item.id);
    }
  }

  /**
   * What is new in a state, oldest first within a stream; from now on it is not. Of a stream that was
   * not known before, or is another incarnation of itself, nothing is: that is the past.
   */
  #arrived({ streams }: State): Notification[] {
    return Object.entries(streams).flatMap(([name, { epoch, seq, items }]) => {
      const told = this.#told.get(name);
      const isSame = told?.epoch === epoch;
      if (!isSame || seq > told.seq) this.#told.set(name, { epoch, seq });
      return isSame ? items.filter((item) => item.seq > told.seq) : [];
    });
  }
}
