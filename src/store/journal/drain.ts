/** What was written is counted in steps of so many milliseconds, … */
const STEP_MS = 250;
/** … of which so many, a second, make a rate; … */
const RATE_STEPS = 4;
/** … the best one of the last so many milliseconds counts. */
const WINDOW_MS = 10_000;
/** It is not known before entries have waited without a break for so long. */
const KNOWN_AFTER_MS = 5_000;

/**
 * How fast a journal writes while more waits than it can write at once. Only such times count: what is
 * written while nothing waits shows how much is asked for, not how much the store could take.
 *
 * It is the best second of the last ten that counts: a store, or a machine, that has stood still for some
 * seconds is about to go on as fast as before, and nobody is to be refused for that.
 */
export class WriteRate {
  /** Since when there has always been an entry that waits; undefined while none does. */
  #since: number | undefined;
  /** What was written, by the step in which it was; ascending. */
  readonly #steps: { readonly step: number; work: number }[] = [];

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
    const step = Math.floor(now / STEP_MS);
    const last = this.#steps.at(-1);
    if (last?.step === step) last.work += work;
    else this.#steps.push({ step, work });
    this.#forgetOld(now);
  }

  /** Work a millisecond; undefined where it is not known, 0 where nothing is written at all. */
  rate(now: number): number | undefined {
    if (this.#since === undefined || now - this.#since < KNOWN_AFTER_MS) return undefined;
    this.#forgetOld(now);
    let best = 0;
    let sum = 0;
    let first = 0;
    for (const { step, work } of this.#steps) {
      sum += work;
      for (; (this.#steps[first]?.step ?? step) <= step - RATE_STEPS; first++) {
        sum -= this.#steps[first]?.work ?? 0;
      }
      best = Math.max(best, sum);
    }
    return best / (RATE_STEPS * STEP_MS);
  }

  #forgetOld(now: number): void {
    const oldest = Math.floor((now - WINDOW_MS) / STEP_MS);
    while ((this.#steps[0]?.step ?? Infinity) < oldest) this.#steps.shift();
  }
}
