import type { Contender } from "../contenders/contest.ts";
import type { Measure, Row } from "../measures.ts";
import type { Result } from "../scenarios/scenario.ts";

/** The results of all runs, by measure and contender. */
export class Runs {
  readonly #results = new Map<string, Result[]>();
  readonly #failures: string[] = [];
  /** Runs that were repeated because others used the processors. */
  discarded = 0;

  add(measure: Measure, contender: Contender, result: Result): void {
    const key = `${measure.id} ${contender}`;
    const results = this.#results.get(key);
    if (results === undefined) this.#results.set(key, [result]);
    else results.push(result);
  }

  addFailure(measure: Measure, contender: Contender, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#failures.push(`${measure.id} ${contender}: ${reason.trim()}`);
  }

  get failures(): readonly string[] {
    return this.#failures;
  }

  of(measure: Measure, contender: Contender): readonly Result[] {
    return this.#results.get(`${measure.id} ${contender}`) ?? [];
  }

  /** A row's numbers, in its unit and in ascending order. */
  numbers(measure: Measure, row: Row, contender: Contender): number[] {
    return this.of(measure, contender)
      .map((result) => (result[row.metric] ?? NaN) / (row.divisor ?? 1))
      .sort((a, b) => a - b);
  }

  /** What one of the contender's numbers sums up to over all runs of a measure. */
  total(measure: Measure, contender: Contender, metric: string): number {
    return this.of(measure, contender).reduce((sum, result) => sum + (result[metric] ?? 0), 0);
  }
}

/** The middle one of numbers in ascending order, the mean of both where there are two. */
export function median(sorted: readonly number[]): number | undefined {
  const low = sorted[Math.ceil(sorted.length / 2) - 1];
  const high = sorted[Math.floor(sorted.length / 2)];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
