import type { Clock } from "../clock.ts";
import { ClockJumps } from "../cluster/clock_jumps.ts";
import { SharedClock } from "../cluster/shared_clock.ts";
import type { ReferenceClock } from "../kv/kv.ts";
import type { EventLog } from "../ops/event_log.ts";
import type { Log } from "../ops/log.ts";
import type { Metrics } from "../ops/metrics.ts";

/** The machine's clock says a time before this program was written. */
export class ClockUnusable extends Error {
  override readonly name = "ClockUnusable";
  constructor(now: number) {
    super(
      `The clock of this machine says ${
        new Date(now).toISOString()
      }, which can't be. What is published ` +
        "would be too old at once when the clock is set right. Set the clock (NTP), then start again.",
    );
  }
}

/** No machine whose clock was ever set shows an earlier time. */
const EARLIEST = Date.UTC(2025, 0, 1);

/**
 * Starts the clock that an instance shares with others, and tells the log and the metrics where its
 * machine's is wrong. Throws {@link ClockUnusable}.
 *
 * @param reference none where only this machine works on the KV, or nobody can be asked: then the
 * machine's clock is what counts, and what is noticed is when it is set
 */
export async function agreeOnTime(
  machine: Clock,
  reference: ReferenceClock | undefined,
  { log, events, metrics, cleanUp }: {
    log: Log;
    events: EventLog;
    metrics: Metrics;
    cleanUp: AsyncDisposableStack;
  },
): Promise<SharedClock | undefined> {
  const onError = (error: unknown) => events.clockUnchecked(error);
  const help =
    "How far this machine's clock is ahead of the time that the instances agree on; for one that is " +
    "alone, by how much the clock was set in the last 15 minutes";
  const gauge = (skew: () => number) =>
    metrics.gauge("bellwire_clock_skew_seconds", help, () => skew() / 1_000);
  if (reference === undefined) {
    if (machine.now() < EARLIEST) throw new ClockUnusable(machine.now());
    const onJump = (ms: number) => log.warn("clock.jumped", { ms });
    const jumps = new ClockJumps({ clock: machine, onJump, onError });
    gauge(() => jumps.skew);
    cleanUp.defer(() => jumps.stop());
    jumps.start();
    return undefined;
  }
  const onSkew = (ms: number) => log.warn("clock.skewed", { ms });
  const shared = new SharedClock({ clock: machine, reference, onSkew, onError });
  gauge(() => shared.skew);
  cleanUp.defer(() => shared.stop());
  await shared.start();
  if (shared.now() < EARLIEST) throw new ClockUnusable(shared.now());
  return shared;
}
