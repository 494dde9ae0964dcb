import type { Clock } from "../clock.ts";
import type { Versionstamp } from "../kv/kv.ts";

interface Observation {
  readonly version: Versionstamp;
  /** When this version was seen first, on the monotonic clock. */
  readonly since: number;
  /** Milliseconds of the longest of the latest pauses between two renewals, which fades. */
  readonly pause: number;
}

/** A lease counts as dead if it stands still for so many times its usual pause … */
const PAUSES = 2;
/** … but never for more than so many times `deadAfter`. */
const LONGEST = 2;
/** The share of a long pause that is remembered at the next renewal. */
const FADING = 0.8;

/**
 * Finds leases that are not renewed any more. Their age is measured with this instance's monotonic clock,
 * so wall clocks play no part. An instance that renews its lease slowly, as on a busy machine, is given
 * more time.
 */
export class LeaseMonitor {
  readonly #clock: Clock;
  readonly #deadAfter: number;
  readonly #resetAfter: number;
  #observed = new Map<string, Observation>();
  #last = -Infinity;

  /**
   * @param options in milliseconds. `deadAfter`: the age at which a lease counts as dead; `resetAfter`: a
   * longer pause between two observations, as when the process was stopped, makes all ages 0
   */
  constructor(
    clock: Clock,
    { deadAfter, resetAfter }: { deadAfter: number; resetAfter: number },
  ) {
    this.#clock = clock;
    this.#deadAfter = deadAfter;
    this.#resetAfter = resetAfter;
  }

  /** Sets all ages to 0. */
  reset(): void {
    this.#observed.clear();
  }

  /** Takes in the current version of every lease, and returns those that count as dead. */
  observe(leases: ReadonlyMap<string, Versionstamp>): { id: string; version: Versionstamp }[] {
    const now = this.#clock.monotonic();
    if (now - this.#last > this.#resetAfter) this.reset();
    this.#last = now;
    const observed = new Map<string, Observation>();
    const dead: { id: string; version: Versionstamp }[] = [];
    for (const [id, version] of leases) {
      const observation = next(this.#observed.get(id), version, now);
      observed.set(id, observation);
      if (now - observation.since >= this.#allowed(observation)) dead.push({ id, version });
    }
    this.#observed = observed;
    return dead;
  }

  #allowed({ pause }: Observation): number {
    return Math.min(Math.max(this.#deadAfter, PAUSES * pause), LONGEST * this.#deadAfter);
  }
}

function next(before: Observation | undefined, version: Versionstamp, now: number): Observation {
  if (before === undefined) return { version, since: now, pause: 0 };
  if (before.version === version) return before;
  return { version, since: now, pause: Math.max(now - before.since, before.pause * FADING) };
}
