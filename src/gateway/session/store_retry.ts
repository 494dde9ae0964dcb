import { type Clock, pause } from "../../clock.ts";
import { isRetryable } from "../../kv/failures.ts";
import type { KvHealth } from "../../kv/health.ts";
import type { Session } from "./session.ts";

const FIRST_MS = 250;
const LONGEST_MS = 2_000;

/**
 * Lets sessions wait while the store is away: nobody is sent away for that, since wherever a device
 * came back it would meet the same store.
 */
export class StoreRetry {
  readonly #clock: Clock;
  readonly #health: KvHealth;
  #waiting = 0;

  constructor(clock: Clock, health: KvHealth) {
    this.#clock = clock;
    this.#health = health;
  }

  /** Sessions that wait now. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Does `task` again and again, with growing pauses and jitter, until it does not fail for want of the
   * store. While the store is known to be away it is not even tried.
   *
   * @returns undefined where the session has ended meanwhile; rejects with what else `task` throws
   */
  async retryWhileStoreDown<T>(session: Session, task: () => Promise<T>): Promise<T | undefined> {
    for (let longest = FIRST_MS; !session.isClosed; longest = Math.min(LONGEST_MS, longest * 2)) {
      if (!this.#health.isAway) {
        try {
          return await task();
        } catch (error) {
          if (!isRetryable(error)) throw error;
        }
      }
      this.#waiting++;
      // Those who have waited must not come back together.
      await pause(this.#clock, longest / 2 + Math.random() * longest / 2);
      this.#waiting--;
    }
    return undefined;
  }
}
