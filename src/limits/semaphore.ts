/** Runs a number of tasks at the same time; the others wait in the order in which they came. */
export class Semaphore {
  readonly #max: number;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** The number of tasks that run or wait. */
  get size(): number {
    return this.#running + this.#queue.length;
  }

  /** The number of tasks that wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Runs a task when its turn comes. */
  async pass<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#max) this.#running++;
    // A task that ends passes its slot on.
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
