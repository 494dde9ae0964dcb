import { watchCpu } from "../load/cpu_time.ts";
import type { Result } from "../scenarios/scenario.ts";

/** What others may use of the processors without spoiling a measurement, in cores. */
export const QUIET_CORES = 0.1;

const WAIT_MAX_MS = 15_000;
const SAMPLE_MS = 500;

/** How much others disturbed a run, in cores; 0 where it was too short to tell. */
export function disturbance({ otherCores = 0 }: Result): number {
  return otherCores;
}

/** Waits until nobody else uses the processors, at most 15 s; says whether that came to be. */
async function becomesQuiet(): Promise<boolean> {
  const end = performance.now() + WAIT_MAX_MS;
  while (performance.now() < end) {
    const cpu = await watchCpu({});
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    if ((await cpu.used()).otherCores < QUIET_CORES) return true;
  }
  return false;
}

/**
 * Measures while nobody else uses the processors: begins when they are idle, and begins again, at
 * most `repeats` times, where others came in between. The result is the least disturbed run's, chosen
 * by the disturbance alone. A machine that doesn't become idle at all is taken as it is, and so is any
 * without repeats.
 */
export async function inQuiet(
  measure: () => Promise<Result | undefined>,
  { repeats }: { repeats: number },
): Promise<{ readonly result: Result | undefined; readonly discarded: number }> {
  let best: Result | undefined;
  for (let run = 0; run <= repeats; run++) {
    const hopeless = repeats === 0 || !await becomesQuiet();
    const result = await measure();
    if (result === undefined) return { result, discarded: 0 };
    if (best === undefined || disturbance(result) < disturbance(best)) best = result;
    if (hopeless || disturbance(best) <= QUIET_CORES) return { result: best, discarded: run };
  }
  return { result: best, discarded: repeats };
}
