// @ts-check

/** What one connection of a device goes over. There is a new one after each fault. */
export class Line {
  #controller = new AbortController();
  #isStalled = false;

  /** Aborted when the line is cut. */
  get signal() {
    return this.#controller.signal;
  }

  /** Nothing gets through any more, in either direction, and neither end is told. */
  get isStalled() {
    return this.#isStalled;
  }

  cut() {
    this.#controller.abort(new TypeError("The connection broke"));
  }

  stall() {
    this.#isStalled = true;
  }
}
