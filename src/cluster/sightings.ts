import type { Clock } from "../clock.ts";
import type { Versionstamp } from "../kv/kv.ts";

interface Sighting {
  readonly version: Versionstamp;
  readonly since: number;
  /** For about how long it stood still between its latest renewals, the longest time. */
  readonly pause: number;
}

/** A lease is dead that stands still for so many times as long as it has before … */
const PAUSES = 2;
/** … but this many times the usual time is always enough. */
const LONGEST = 2;
/** What one long pause counts for at the next renewal. */
const FADING = 0.8;

/**
 * For how long each lease was seen to stand still, measured with one's own monotonic clock. An instance
 * on a machine that is busy with something else renews its lease slowly: it is given more time, as it
 * is alive.
 */
export class Sightings {
  readonly #clock: Clock;
  readonly #deadAfter: number;
  readonly #forgetAfter: number;
  #seen = new Map<string, Sighting>();
  #last = -Infinity;

  /**
   * @param options milliseconds after which a lease that stands still is dead that was renewed often
   * enough until then, and after which a pause
   * between two looks (the process was stopped, the KV was away) makes all counting start anew
   */
  constructor(
    clock: Clock,
    { deadAfter, forgetAfter }: { deadAfter: number; forgetAfter: number },
  ) {
    this.#clock = clock;
    this.#deadAfter = deadAfter;
    this.#forgetAfter = forgetAfter;
  }

  /** Starts counting anew. */
  forget(): void {
    this.#seen.clear();
  }

  /** Notes what all leases look like now; tells which have stood still for too long. */
  note(leases: ReadonlyMap<string, Versionstamp>): { id: string; version: Versionstamp }[] {
    const now = this.#clock.monotonic();
    if (now - this.#last > this.#forgetAfter) this.forget();
    this.#last = now;
    const seen = new Map<string, Sighting>();
    const dead: { id: string; version: Versionstamp }[] = [];
    for (const [id, version] of leases) {
      const sighting = next(this.#seen.get(id), version, now);
      seen.set(id, sighting);
      if (now - sighting.since >= this.#patienceWith(sighting)) dead.push({ id, version });
    }
    this.#seen = seen;
    return dead;
  }

  #patienceWith({ pause }: Sighting): number {
    return Math.min(Math.max(this.#deadAfter, PAUSES * pause), LONGEST * this.#deadAfter);
  }
}

function next(before: Sighting | undefined, version: Versionstamp, now: number): Sighting {
  if (before === undefined) return { version, since: now, pause: 0 };
  if (before.version === version) return before;
  return { version, since: now, pause: Math.max(now - before.since, before.pause * FADING) };
}
