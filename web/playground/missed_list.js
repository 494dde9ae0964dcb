// @ts-check
/** @import { Connection, Notification } from "/elements.js" */
import { element, find } from "./dom.js";

/** So many numbers are shown; of the rest only how many they are. */
const SHOWN = 12;

/** What was published while a device was away, in the order in which it came on return. */
export class MissedList {
  #element;
  #list;
  #title;
  /** @type {Notification[]} */
  #missed = [];
  #isAway = true;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
    this.#title = find(element, "strong", HTMLElement);
    this.#list = find(element, "ol", HTMLElement);
  }

  /** @param {Notification} notification */
  add(notification) {
    this.#missed.push(notification);
  }

  /** @param {Connection["state"]} state */
  follow(state) {
    if (state !== "live") {
      if (!this.#isAway) this.#missed = [];
      this.#isAway = true;
    } else if (this.#isAway) {
      this.#isAway = false;
      this.#show();
    }
  }

  clear() {
    this.#missed = [];
    this.#isAway = true;
    this.#show();
  }

  #show() {
    const rest = this.#missed.length - SHOWN;
    this.#element.hidden = this.#missed.length === 0;
    this.#title.textContent = `${this.#missed.length} missed`;
    this.#list.replaceChildren(
      ...this.#missed.slice(0, SHOWN).map(({ stream, seq, title }) => {
        const topic = /^topic:(.*)$/.exec(stream)?.[1];
        const item = element("li", { text: topic === undefined ? `#${seq}` : `${topic} #${seq}` });
        item.title = title;
        return item;
      }),
    );
    if (rest > 0) this.#list.append(element("li", { text: `and ${rest} more` }));
  }
}
