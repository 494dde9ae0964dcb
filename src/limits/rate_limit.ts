/** An amount within a time window. All of it may be used at once. */
export interface Quota {
  /** At least 1. */
  readonly limit: number;
  readonly windowMs: number;
}

/** The state of a caller's quota after a request. */
export interface Standing {
  readonly allowed: boolean;
  /** The amount that may still be used now. */
  readonly remaining: number;
  /** Milliseconds until the whole quota is available again. */
  readonly resetMs: number;
  /** Milliseconds until the request is allowed; 0 if it was. */
  readonly retryAfterMs: number;
}

/**
 * Limits one caller by the generic cell rate algorithm (ITU-T I.371): a token bucket that is stored as one
 * number, the time when it is full again, and needs no timer. The libraries for this count in fixed windows,
 * which allow twice the quota around their borders, and use clocks of their own.
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

  /** The quota of the caller. */
  get quota(): Quota {
    return this.#quota;
  }

  /** Whether the whole quota is available, so that this object can be dropped. */
  isFull(now: number): boolean {
    return this.#fullAt <= now;
  }

  /**
   * Counts work that was done already. Work above the quota delays the next request, by no more than the
   * time of another whole quota.
   */
  spend(now: number, cost: number): void {
    const { limit, windowMs } = this.#quota;
    const fullAt = Math.max(this.#fullAt, now) + cost * windowMs / limit;
    this.#fullAt = Math.min(fullAt, now + 2 * windowMs);
  }

  /** The state of the quota, without a request. */
  standing(now: number): Pick<Standing, "remaining" | "resetMs"> {
    const { limit, windowMs } = this.#quota;
    const resetMs = Math.max(0, this.#fullAt - now);
    const remaining = Math.floor((windowMs - resetMs + ROUNDING_MS) * limit / windowMs);
    return { remaining: Math.max(0, remaining), resetMs };
  }

  /**
   * Counts a request if it is allowed.
   *
   * @param now monotonic milliseconds
   * @param cost the amount that the request uses; more than the limit is never allowed
   */
  take(now: number, cost = 1): Standing {
    const { limit, windowMs } = this.#quota;
    const interval = windowMs / limit;
    const from = Math.max(this.#fullAt, now);
    const fullAt = from + cost * interval;
    const early = fullAt - windowMs - now;
    // Sums of fractions have rounding errors.
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
