// @ts-check
import { element, find } from "./dom.js";

const KEPT = 200;
const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});
const ARROWS = { in: "↓", out: "↑", note: "·" };
const SPOKEN = { in: "got ", out: "sent ", note: "" };

/** @typedef {{ kind: "in" | "out" | "note", text: string, at: Date }} Entry */

/** The last of what went over a device's network. While nobody looks, nothing is drawn. */
export class WireLog {
  /** @type {Entry[]} */
  #entries = [];
  #frames = 0;
  #details;
  #list;
  #count;

  /** @param {HTMLDetailsElement} details */
  constructor(details) {
    this.#details = details;
    this.#list = find(details, ".wire-entries", HTMLElement);
    this.#count = find(details, ".wire-count", HTMLElement);
    details.addEventListener("toggle", () => this.#draw());
    this.clear();
  }

  /**
   * @param {Entry["kind"]} kind
   * @param {string} text
   */
  add(kind, text) {
    const entry = { kind, text, at: new Date() };
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.shift();
    if (kind !== "note") this.#frames++;
    this.#showCount();
    if (!this.#details.open) return;
    this.#list.prepend(line(entry));
    if (this.#list.childElementCount > KEPT) this.#list.lastElementChild?.remove();
  }

  clear() {
    this.#entries = [];
    this.#frames = 0;
    this.#showCount();
    this.#draw();
  }

  #showCount() {
    this.#count.textContent = `${this.#frames} ${this.#frames === 1 ? "frame" : "frames"}`;
  }

  #draw() {
    this.#list.replaceChildren(
      ...(this.#details.open ? this.#entries.map(line).reverse() : []),
    );
  }
}

/** @param {Entry} entry */
function line({ kind, text, at }) {
  const item = element("li", { className: `entry entry-${kind}` });
  const arrow = element("span", { className: "entry-arrow", text: ARROWS[kind] });
  arrow.ariaHidden = "true";
  const head = [
    arrow,
    element("span", { className: "visually-hidden", text: SPOKEN[kind] }),
    element("span", { className: "entry-time", text: CLOCK.format(at) }),
  ];
  if (kind === "note") {
    item.append(...head, element("span", { text }));
    return item;
  }
  const messages = [JSON.parse(text)].flat();
  const types = messages.map(({ type }) => type).join(" + ");
  const summary = document.createElement("summary");
  summary.append(...head, element("b", { text: types }), element("code", { text }));
  const more = document.createElement("details");
  more.append(summary);
  more.addEventListener("toggle", () => {
    const pretty = JSON.stringify(messages.length === 1 ? messages[0] : messages, null, 2);
    more.append(element("pre", { text: pretty }));
  }, { once: true });
  item.append(more);
  return item;
}
