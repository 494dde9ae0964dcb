// @ts-check
import { element, find } from "./dom.js";
import { clockTime } from "./times.js";

/** @typedef {{ direction: "in" | "out", text: string, at: Date }} Frame */

const KEPT = 200;

/** The last frames that went over a device's socket. While nobody looks, nothing is drawn. */
export class FrameLog {
  /** @type {Frame[]} */
  #frames = [];
  #total = 0;
  #details;
  #list;
  #count;

  /** @param {HTMLDetailsElement} details */
  constructor(details) {
    this.#details = details;
    this.#list = find(details, ".frames", HTMLElement);
    this.#count = find(details, ".frame-count", HTMLElement);
    details.addEventListener("toggle", () => this.#draw());
    this.clear();
  }

  /**
   * @param {"in" | "out"} direction
   * @param {string} text
   */
  add(direction, text) {
    const frame = { direction, text, at: new Date() };
    this.#frames.push(frame);
    if (this.#frames.length > KEPT) this.#frames.shift();
    this.#total++;
    this.#showCount();
    if (!this.#details.open) return;
    this.#list.prepend(line(frame));
    if (this.#list.childElementCount > KEPT) this.#list.lastElementChild?.remove();
  }

  clear() {
    this.#frames = [];
    this.#total = 0;
    this.#showCount();
    this.#draw();
  }

  #showCount() {
    this.#count.textContent = `${this.#total} ${this.#total === 1 ? "frame" : "frames"}`;
  }

  #draw() {
    this.#list.replaceChildren(
      ...(this.#details.open ? this.#frames.map(line).reverse() : []),
    );
  }
}

/** @param {Frame} frame */
function line({ direction, text, at }) {
  const line = element("li", { className: `frame frame-${direction}` });
  line.append(
    element("span", { className: "frame-arrow", text: direction === "in" ? "↓" : "↑" }),
    element("span", { className: "visually-hidden", text: direction === "in" ? "got " : "sent " }),
    element("span", { className: "frame-time", text: clockTime(at) }),
    element("code", { text }),
  );
  return line;
}
