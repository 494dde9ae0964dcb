/** A conflict costs about three times as much as reading first. */
const WRONG_MAX = 1 / 4;
/** The weight of the newest observation; so some twenty of them decide. */
const NEWEST = 1 / 16;

/**
 * Whether to rely on a guess or to look first, going by how often it was right of late. It keeps being
 * told how the guess would have done while nobody relies on it, and so finds out when it is good again.
 */
export class OptimisticReads {
  #wrong = 0;

  get isWorthwhile(): boolean {
    return this.#wrong < WRONG_MAX;
  }

  note(wasRight: boolean): void {
    this.#wrong += ((wasRight ? 0 : 1) - this.#wrong) * NEWEST;
  }
}
