import { type Clock, pause } from "../../clock.ts";
import { isLocked } from "./locked.ts";
import { ForwardingKv } from "../forwarding_kv.ts";
import type { Kv, KvCommitted, KvOperation } from "../kv.ts";

/** So often a commit is tried before somebody has to hear that the file is locked. */
const TRIES = 40;
const MIN_MS = 1;
const SPREAD_MS = 4;

/**
 * Tries commits again while SQLite says that another isolate is writing the file: nothing was written
 * then, and the other one is done in a moment.
 */
export class LockRetryKv extends ForwardingKv {
  readonly #clock: Clock;

  constructor(kv: Kv, clock: Clock) {
    super(kv);
    this.#clock = clock;
  }

  override async commit(operation: KvOperation): Promise<KvCommitted> {
    for (let tries = 1;; tries++) {
      try {
        return await this.kv.commit(operation);
      } catch (error) {
        if (tries === TRIES || !isLocked(error)) throw error;
      }
      await pause(this.#clock, MIN_MS + Math.random() * SPREAD_MS);
    }
  }
}
