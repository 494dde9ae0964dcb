import type { Clock } from "../clock.ts";
import type { Versionstamp } from "../store/kv.ts";

interface Sighting {
  readonly version: Versionstamp;
  readonly since: number;
}

/** For how long each lease was seen to stand still, measured with one's own monotonic clock. */
export class Sightings {
  readonly #clock: Clock;
  readonly #deadAfter: number;
  readonly #forgetAfter: number;
  #seen = new Map<string, Sighting>();
  #last = -Infinity;

  /**
   * @param options milliseconds after which a lease that stands still is dead, and after which a pause
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
      const before = this.#seen.get(id);
      const same = before?.version === version ? before : { version, since: now };
      seen.set(id, same);
      if (now - same.since >= this.#deadAfter) dead.push({ id, version });
    }
    this.#seen = seen;
    return dead;
  }
}
