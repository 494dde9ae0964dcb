/** So much within so long; all of it may come at once. */
export interface Quota {
  /** At least 1. */
  readonly limit: number;
  readonly windowMs: number;
}

/** How somebody stands with his quota after a try. */
export interface Standing {
  readonly allowed: boolean;
  /** How much may still come right now. */
  readonly remaining: number;
  /** Milliseconds until the whole quota is there again. */
  readonly resetMs: number;
  /** Milliseconds until the next one is let through; 0 where it was. */
  readonly retryAfterMs: number;
}

/**
 * Limits one caller by the generic cell rate algorithm (ITU-T I.371): a token bucket of which only
 * the time at which it is full again has to be kept, one number, without a timer. Libraries for this
 * count in fixed windows, which let twice the quota through around their borders, and bring clocks of
 * their own.
 *
 * @example
 * ```ts
 * const limit = new RateLimit({ limit: 10, windowMs: 60_000 });
 * if (!limit.take(clock.monotonic()).allowed) throw new ServiceError("rate_limited", "…");
 * ```
 */
export class RateLimit {
  readonly #quota: Quota;
  #fullAt = -Infinity;

  constructor(quota: Quota) {
    this.#quota = quota;
  }

  /** The quota that is counted against. */
  get quota(): Quota {
    return this.#quota;
  }

  /** Whether nothing is owed at that time, so that nothing has to be remembered. */
  isFull(now: number): boolean {
    return this.#fullAt <= now;
  }

  /**
   * Counts what was done already. What is above the quota has to be earned before the next thing comes
   * through, but no more than another whole quota.
   */
  spend(now: number, cost: number): void {
    const { limit, windowMs } = this.#quota;
    const fullAt = Math.max(this.#fullAt, now) + cost * windowMs / limit;
    this.#fullAt = Math.min(fullAt, now + 2 * windowMs);
  }

  /** How the caller stands, without a try. */
  standing(now: number): Pick<Standing, "remaining" | "resetMs"> {
    const { limit, windowMs } = this.#quota;
    const resetMs = Math.max(0, this.#fullAt - now);
    const remaining = Math.floor((windowMs - resetMs + ROUNDING_MS) * limit / windowMs);
    return { remaining: Math.max(0, remaining), resetMs };
  }

  /**
   * Tries to let something through.
   *
   * @param now milliseconds that never jump back
   * @param cost how much it counts for; more than the limit never comes through
   */
  take(now: number, cost = 1): Standing {
    const { limit, windowMs } = this.#quota;
    const interval = windowMs / limit;
    const from = Math.max(this.#fullAt, now);
    const fullAt = from + cost * interval;
    const early = fullAt - windowMs - now;
    // A sum of fractions may miss a whole number by a little.
    const allowed = early <= ROUNDING_MS;
    if (allowed) this.#fullAt = fullAt;
    const resetMs = (allowed ? fullAt : from) - now;
    return {
      allowed,
      remaining: Math.max(0, Math.floor((windowMs - resetMs + ROUNDING_MS) / interval)),
      resetMs,
      retryAfterMs: allowed ? 0 : early,
    };
  }
}

const ROUNDING_MS = 1e-6;
