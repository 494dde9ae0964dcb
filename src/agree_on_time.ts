import type { Clock } from "./clock.ts";
import { type ReferenceClock, SharedClock } from "./cluster/shared_clock.ts";
import type { Log } from "./ops/log.ts";
import type { Metrics } from "./ops/metrics.ts";

/**
 * Starts the clock that an instance shares with others, and has it told where its machine's is wrong.
 *
 * @param reference none where only this machine works on the KV, or nobody can be asked
 */
export async function agreeOnTime(
  machine: Clock,
  reference: ReferenceClock | undefined,
  { log, metrics, cleanUp }: { log: Log; metrics: Metrics; cleanUp: AsyncDisposableStack },
): Promise<SharedClock | undefined> {
  const shared = reference && new SharedClock({
    clock: machine,
    reference,
    onSkew: (ms) => log.warn("clock.skewed", { ms }),
    onTrouble: (error) => log.warn("clock.unchecked", { error }),
  });
  metrics.gauge(
    "bellwire_clock_skew_seconds",
    "How far this machine's clock is ahead of the time that the instances agree on",
    () => (shared?.skew ?? 0) / 1_000,
  );
  if (shared === undefined) return undefined;
  cleanUp.defer(() => shared.stop());
  await shared.start();
  return shared;
}
