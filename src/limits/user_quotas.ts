import type { Clock } from "../clock.ts";
import type { UserId } from "../domain/stream_name.ts";
import { type Quota, RateLimit } from "./rate_limit.ts";
import { ServiceError } from "../errors.ts";

/** Requests of one user that are carried out at once, … */
const AT_ONCE = 4;
/** … and that may wait for their turn. */
const WAITING_MAX = 64;
/** All connections of a user may begin this many times … */
const CONNECTS_EACH = 2;
/** … and a user with few connections at least this many, within {@link CONNECTS_MS}. */
const CONNECTS_MIN = 100;
const CONNECTS_MS = 10_000;
/** The turn of a request comes within moments. */
const TURN_MS = 1_000;

interface UserWork {
  limit: RateLimit | undefined;
  connects: RateLimit | undefined;
  running: number;
  readonly waiting: (() => void)[];
}

/**
 * How much one user may ask of this instance, over all of the user's connections and calls together: so
 * much work in a minute (`work_cost.ts` says what counts for how much), and so many requests at once.
 * So a user who asks for as much as the quota allows leaves the others their share.
 */
export class UserQuotas {
  readonly #quota: () => Quota | undefined;
  readonly #connects: Quota;
  readonly #clock: Pick<Clock, "monotonic">;
  /** Users who have asked for something lately. */
  readonly #users = new Map<UserId, UserWork>();

  /**
   * @param options `quota`: work in a window; as much as users like where there is none.
   * `connectionsMax`: connections that a user may have open; all of them may come back at once
   */
  constructor(
    { quota, connectionsMax, clock }: {
      quota: () => Quota | undefined;
      connectionsMax: number;
      clock: Pick<Clock, "monotonic">;
    },
  ) {
    this.#quota = quota;
    this.#connects = {
      limit: Math.max(CONNECTS_MIN, CONNECTS_EACH * connectionsMax),
      windowMs: CONNECTS_MS,
    };
    this.#clock = clock;
  }

  /** Users that something is remembered of. */
  get size(): number {
    return this.#users.size;
  }

  /** Counts work before it is done. Throws `rate_limited` where it is more than is left. */
  charge(user: UserId, cost: number): void {
    const limit = this.#limitOf(user);
    if (limit === undefined) return;
    // What costs more than there ever is comes through where the whole quota is there.
    const most = Math.min(cost, limit.quota.limit);
    const { allowed, retryAfterMs } = limit.take(this.#clock.monotonic(), most);
    if (!allowed) {
      throw new ServiceError("rate_limited", "This user asks for more than one user may", {
        retryAfterMs,
      });
    }
  }

  /**
   * Counts a connection that begins. Throws `rate_limited` where the user connects again and
   * again: each time the streams are read. Work that the user owes keeps no device out.
   */
  connect(user: UserId): void {
    if (this.#quota() === undefined) return;
    const limit = this.#of(user).connects ??= new RateLimit(this.#connects);
    const { allowed, retryAfterMs } = limit.take(this.#clock.monotonic());
    if (!allowed) {
      throw new ServiceError("rate_limited", "This user connects too often", { retryAfterMs });
    }
  }

  /** Counts work whose amount was found out only by doing it; the next charge may fail for it. */
  add(user: UserId, cost: number): void {
    if (cost > 0) this.#limitOf(user)?.spend(this.#clock.monotonic(), cost);
  }

  /**
   * Carries out a request when it is its turn among those of its user, in the order in which they came.
   * Throws `rate_limited` where too many wait.
   */
  async run<T>(user: UserId, request: () => Promise<T>): Promise<T> {
    const work = this.#of(user);
    if (work.running < AT_ONCE) work.running++;
    else if (work.waiting.length >= WAITING_MAX) {
      throw new ServiceError("rate_limited", "Too many requests of this user are waiting already", {
        retryAfterMs: TURN_MS,
      });
    } else {
      // Whoever is done hands over its place.
      await new Promise<void>((resolve) => work.waiting.push(resolve));
    }
    try {
      return await request();
    } finally {
      const next = work.waiting.shift();
      if (next === undefined) work.running--;
      else next();
    }
  }

  /** Forgets users whose whole quota is there again, and who ask for nothing. */
  sweep(): void {
    const now = this.#clock.monotonic();
    for (const [user, { limit, connects, running }] of this.#users) {
      const owes = limit?.isFull(now) === false || connects?.isFull(now) === false;
      if (running === 0 && !owes) this.#users.delete(user);
    }
  }

  #limitOf(user: UserId): RateLimit | undefined {
    const quota = this.#quota();
    if (quota === undefined) return undefined;
    const work = this.#of(user);
    // The quota may be configured anew while the instance runs.
    const { limit } = work;
    if (limit?.quota.limit === quota.limit && limit.quota.windowMs === quota.windowMs) return limit;
    return work.limit = new RateLimit(quota);
  }

  #of(user: UserId): UserWork {
    let work = this.#users.get(user);
    if (work === undefined) {
      work = { limit: undefined, connects: undefined, running: 0, waiting: [] };
      this.#users.set(user, work);
    }
    return work;
  }
}
