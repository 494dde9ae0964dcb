import { type Clock, pause } from "../clock.ts";
import { isLocked } from "./locked.ts";
import type { Kv, KvCommitted, KvKey, KvListed, KvOperation, KvRange, KvRow } from "./kv.ts";

/** So often a commit is tried before somebody has to hear that the file is locked. */
const TRIES = 40;
const MIN_MS = 1;
const SPREAD_MS = 4;

/**
 * Tries commits again while SQLite says that another isolate is writing the file: nothing was written
 * then, and the other one is done in a moment.
 */
export class LockRetryKv implements Kv {
  readonly #kv: Kv;
  readonly #clock: Clock;

  constructor(kv: Kv, clock: Clock) {
    this.#kv = kv;
    this.#clock = clock;
  }

  get(key: KvKey): Promise<KvRow> {
    return this.#kv.get(key);
  }

  getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    return this.#kv.getMany(keys);
  }

  list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]> {
    return this.#kv.list(range, options);
  }

  async commit(operation: KvOperation): Promise<KvCommitted> {
    for (let tries = 1;; tries++) {
      try {
        return await this.#kv.commit(operation);
      } catch (error) {
        if (tries === TRIES || !isLocked(error)) throw error;
      }
      await pause(this.#clock, MIN_MS + Math.random() * SPREAD_MS);
    }
  }

  close(): void {
    this.#kv.close();
  }
}
