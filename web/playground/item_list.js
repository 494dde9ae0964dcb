// @ts-check
/** @import { Entry } from "./inbox.js" */
import { notificationView } from "./notification_view.js";

/** So many are shown; the others are a matter of the inbox. */
const SHOWN = 100;

/** The list of a device's notifications; only what has changed is drawn anew. */
export class ItemList {
  /** @type {Map<string, { entry: Entry, view: HTMLElement }>} */
  #shown = new Map();
  #list;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  /**
   * The notification that an element is part of.
   *
   * @param {Element | null} part
   * @returns {Entry | undefined}
   */
  entryOf(part) {
    const view = part?.closest("li");
    return view?.dataset.key === undefined ? undefined : this.#shown.get(view.dataset.key)?.entry;
  }

  /**
   * @param {readonly Entry[]} entries newest first
   * @param {ReadonlySet<string>} arrived keys of those that have just come
   */
  show(entries, arrived) {
    const before = this.#shown;
    this.#shown = new Map();
    const wanted = entries.slice(0, SHOWN);
    const keys = new Set(wanted.map(({ key }) => key));
    for (const [key, { view }] of before) {
      if (!keys.has(key)) view.remove();
    }
    let place = this.#list.firstElementChild;
    for (const entry of wanted) {
      const known = before.get(entry.key);
      const view = known?.entry === entry ? known.view : notificationView(entry);
      if (known !== undefined && known.view !== view) {
        if (place === known.view) place = view;
        known.view.replaceWith(view);
      }
      if (arrived.has(entry.key)) view.classList.add("has-arrived");
      if (view === place) place = view.nextElementSibling;
      else this.#list.insertBefore(view, place);
      this.#shown.set(entry.key, { entry, view });
    }
  }
}
