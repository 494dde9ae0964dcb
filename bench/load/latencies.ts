/** Durations in milliseconds, kept one by one so that percentiles are exact. */
export class Latencies {
  readonly #values: Float64Array<ArrayBuffer>;
  #count = 0;

  /** @param capacity how many are kept at most; what comes after is not recorded */
  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  /** How many were recorded. */
  get count(): number {
    return this.#count;
  }

  record(milliseconds: number): void {
    if (this.#count < this.#values.length) this.#values[this.#count++] = milliseconds;
  }

  /**
   * The value that `share` (0 to 1) of all recorded ones do not exceed, by nearest rank; `NaN` where
   * nothing was recorded.
   */
  percentile(share: number): number {
    const sorted = this.#values.slice(0, this.#count).sort();
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
  }
}
