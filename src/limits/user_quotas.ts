import type { Clock } from "../clock.ts";
import type { UserId } from "../domain/stream_name.ts";
import { type Quota, RateLimit } from "./rate_limit.ts";
import { ServiceError } from "../errors.ts";
import { Semaphore } from "./semaphore.ts";

/** Requests of one user that run at the same time, … */
const AT_ONCE = 4;
/** … and that may wait. */
const WAITING_MAX = 64;
/** A user may open the maximum number of connections this many times … */
const CONNECTS_EACH = 2;
/** … and at least this many connections, within {@link CONNECTS_MS}. */
const CONNECTS_MIN = 100;
const CONNECTS_MS = 10_000;
/** Waiting requests run within about this time. */
const TURN_MS = 1_000;

interface UserWork {
  limit: RateLimit | undefined;
  connects: RateLimit | undefined;
  readonly requests: Semaphore;
}

/**
 * Limits what one user may ask of this instance, over all connections and calls: an amount of work in a
 * minute (`work_cost.ts` has the costs), and a number of requests at the same time. So one user cannot slow
 * down the others.
 */
export class UserQuotas {
  readonly #quota: () => Quota | undefined;
  readonly #connects: Quota;
  readonly #clock: Pick<Clock, "monotonic">;
  /** Users with recent requests. */
  readonly #users = new Map<UserId, UserWork>();

  /**
   * @param options `quota`: work in a window; unlimited if undefined. `connectionsMax`: connections that a
   * user may have open; all of them may reconnect at once
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

  /** The number of users with recent requests. */
  get size(): number {
    return this.#users.size;
  }

  /** Counts work before it is done. Throws `rate_limited` if it is above the user's quota. */
  charge(user: UserId, cost: number): void {
    const limit = this.#limitOf(user);
    if (limit === undefined) return;
    // Work above the whole quota is allowed if the whole quota is available.
    const most = Math.min(cost, limit.quota.limit);
    const { allowed, retryAfterMs } = limit.take(this.#clock.monotonic(), most);
    if (!allowed) {
      throw new ServiceError(
        "rate_limited",
        "The user is above the work quota: send less, or retry later",
        { retryAfterMs },
      );
    }
  }

  /**
   * Counts a new connection. Throws `rate_limited` if the user connects too often, since each
   * connection reads the streams. Other work of the user does not keep a device from connecting.
   */
  connect(user: UserId): void {
    if (this.#quota() === undefined) return;
    const limit = this.#of(user).connects ??= new RateLimit(this.#connects);
    const { allowed, retryAfterMs } = limit.take(this.#clock.monotonic());
    if (!allowed) {
      throw new ServiceError("rate_limited", "The user opens connections too often: retry later", {
        retryAfterMs,
      });
    }
  }

  /** Counts work whose amount is known only after it was done; the next charge may fail because of it. */
  add(user: UserId, cost: number): void {
    if (cost > 0) this.#limitOf(user)?.spend(this.#clock.monotonic(), cost);
  }

  /**
   * Runs a request when its turn comes among the requests of its user. Rejects with `rate_limited` if
   * too many wait.
   */
  async run<T>(user: UserId, request: () => Promise<T>): Promise<T> {
    const { requests } = this.#of(user);
    if (requests.waiting >= WAITING_MAX) {
      throw new ServiceError(
        "rate_limited",
        "Too many requests of the user are waiting: retry later",
        { retryAfterMs: TURN_MS },
      );
    }
    return await requests.pass(request);
  }

  /** Drops users whose whole quota is available again and who have no request. */
  sweep(): void {
    const now = this.#clock.monotonic();
    for (const [user, { limit, connects, requests }] of this.#users) {
      const owes = limit?.isFull(now) === false || connects?.isFull(now) === false;
      if (requests.size === 0 && !owes) this.#users.delete(user);
    }
  }

  #limitOf(user: UserId): RateLimit | undefined {
    const quota = this.#quota();
    if (quota === undefined) return undefined;
    const work = this.#of(user);
    // The quota can change while the instance runs.
    const { limit } = work;
    if (limit?.quota.limit === quota.limit && limit.quota.windowMs === quota.windowMs) return limit;
    return work.limit = new RateLimit(quota);
  }

  #of(user: UserId): UserWork {
    let work = this.#users.get(user);
    if (work === undefined) {
      work = { limit: undefined, connects: undefined, requests: new Semaphore(AT_ONCE) };
      this.#users.set(user, work);
    }
    return work;
  }
}
