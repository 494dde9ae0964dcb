// @ts-check

/** One timer that is set, moved and cleared; at most one call is ever pending. */
export class Alarm {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {number} ms
   * @param {() => void} due
   */
  set(ms, due) {
    this.clear();
    this.#timer = setTimeout(due, Math.max(0, ms));
  }

  clear() {
    clearTimeout(this.#timer);
  }
}
