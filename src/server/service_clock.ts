import type { Clock } from "../clock.ts";
import { ClockJumps } from "../cluster/clock_jumps.ts";
import { type ClockVotes, SharedClock } from "../cluster/shared_clock.ts";
import type { ReferenceClock } from "../kv/kv.ts";
import type { Log } from "../ops/log.ts";
import { StartError } from "../errors.ts";

/** The clock shows a time before this program was written. */
function clockUnusable(now: number): StartError {
  return new StartError(
    `The clock of this machine shows ${new Date(now).toISOString()}, which is in the past. ` +
      "Notifications of that time would expire as soon as the clock is set. " +
      "Set the clock (NTP), then start the service again.",
  );
}

/** A clock that was ever set shows no earlier time. */
const EARLIEST = Date.UTC(2025, 0, 1);

/** The clock by which an instance works. */
export interface ServiceClock {
  readonly clock: Clock;
  /** Given if the instances compare their machines' clocks. */
  readonly votes?: ClockVotes;
  /** Milliseconds by which the machine's clock is ahead of the right time, as far as is known. */
  skew(): number;
}

/**
 * Starts the clock that all instances share, and logs when this machine's clock is wrong. Rejects with
 * {@link StartError}.
 *
 * @param reference undefined if no other machine works on the KV, or none can be asked for its time: then
 * the machine's clock counts, and only jumps of it are noticed
 */
export async function startServiceClock(
  machine: Clock,
  reference: ReferenceClock | undefined,
  { log, onError, cleanUp }: {
    log: Log;
    onError: (error: unknown) => void;
    cleanUp: AsyncDisposableStack;
  },
): Promise<ServiceClock> {
  if (reference === undefined) {
    if (machine.now() < EARLIEST) throw clockUnusable(machine.now());
    const onJump = (ms: number) => log.warn("clock.jumped", { ms });
    const jumps = new ClockJumps({ clock: machine, onJump, onError });
    cleanUp.defer(() => jumps.stop());
    jumps.start();
    return { clock: machine, skew: () => jumps.skew };
  }
  const onSkew = (ms: number) => log.warn("clock.skewed", { ms });
  const shared = new SharedClock({ clock: machine, reference, onSkew, onError });
  cleanUp.defer(() => shared.stop());
  await shared.start();
  if (shared.now() < EARLIEST) throw clockUnusable(shared.now());
  return { clock: shared, votes: shared, skew: () => shared.skew };
}
