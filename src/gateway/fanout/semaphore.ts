/** Lets so many in at a time; the others wait in the order in which they came. */
export class Semaphore {
  readonly #max: number;
  readonly #queue: (() => void)[] = [];
  #inside = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Those who are inside, and who wait. */
  get size(): number {
    return this.#inside + this.#queue.length;
  }

  /** Does `task` when it is its turn. */
  async pass<T>(task: () => Promise<T>): Promise<T> {
    if (this.#inside < this.#max) this.#inside++;
    // Whoever leaves hands over the place.
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#inside--;
      else next();
    }
  }
}
