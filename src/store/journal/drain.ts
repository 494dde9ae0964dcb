/** The rate is that of the last so many milliseconds, … */
const WINDOW_MS = 4_000;
/** … counted in steps of so many … */
const STEP_MS = 250;
/** … and is not known before entries have waited without a break for so long. */
const KNOWN_AFTER_MS = 1_000;

/**
 * How fast a journal writes while more waits than it can write at once. Only such times count: what is
 * written while nothing waits shows how much is asked for, not how much the store could take.
 */
export class Drain {
  /** Since when there has always been an entry that waits; undefined while none does. */
  #since: number | undefined;
  /** What was written, by the step in which it was. */
  readonly #steps: { readonly at: number; work: number }[] = [];

  /** Notes at a moment, in milliseconds, whether entries wait. */
  wait(isWaiting: boolean, now: number): void {
    if (isWaiting) this.#since ??= now;
    else {
      this.#since = undefined;
      this.#steps.length = 0;
    }
  }

  /** Notes that so much work was done. */
  note(work: number, now: number): void {
    if (this.#since === undefined) return;
    const at = Math.floor(now / STEP_MS) * STEP_MS;
    const last = this.#steps.at(-1);
    if (last?.at === at) last.work += work;
    else this.#steps.push({ at, work });
    while ((this.#steps[0]?.at ?? Infinity) < now - WINDOW_MS) this.#steps.shift();
  }

  /** Work a millisecond; undefined where it is not known, 0 where nothing is written at all. */
  rate(now: number): number | undefined {
    if (this.#since === undefined) return undefined;
    const measured = Math.min(WINDOW_MS, now - this.#since);
    if (measured < KNOWN_AFTER_MS) return undefined;
    const work = this.#steps.reduce(
      (sum, { at, work }) => at < now - measured ? sum : sum + work,
      0,
    );
    return work / measured;
  }
}
