import type { UserId } from "../domain/stream_name.ts";
import type { ConnectionLimiter } from "../gateway/session/connection_limiter.ts";

/** The size in bytes of the shared memory that counts the connections of all workers. */
export function slotsBytes(workers: number): number {
  return (1 + workers) * Int32Array.BYTES_PER_ELEMENT;
}

export interface SharedConnectionLimiterOptions {
  /** Numbers of open connections: of all workers, then of each worker. */
  readonly slots: SharedArrayBuffer;
  /** This worker's number, from 0. */
  readonly worker: number;
  readonly max: number;
  /** Asks the main isolate, which counts the connections of each user. */
  readonly acquireUserSlot: (user: UserId) => Promise<boolean>;
  readonly releaseUserSlot: (user: UserId) => void;
}

/**
 * Limits the connections of all workers together. Connections are counted in shared memory, since a new
 * connection is accepted or refused at once. The main isolate counts those of each user, since it can
 * give back the slots of a worker that has died.
 */
export class SharedConnectionLimiter implements ConnectionLimiter {
  readonly acquireUserSlot: (user: UserId) => Promise<boolean>;
  readonly releaseUserSlot: (user: UserId) => void;
  readonly #slots: Int32Array<SharedArrayBuffer>;
  readonly #own: number;
  readonly #max: number;

  constructor(
    { slots, worker, max, acquireUserSlot, releaseUserSlot }: SharedConnectionLimiterOptions,
  ) {
    this.#slots = new Int32Array(slots);
    this.#own = 1 + worker;
    this.#max = max;
    this.acquireUserSlot = acquireUserSlot;
    this.releaseUserSlot = releaseUserSlot;
  }

  acquireSlot(): boolean {
    for (;;) {
      const taken = Atomics.load(this.#slots, 0);
      if (taken >= this.#max) return false;
      if (Atomics.compareExchange(this.#slots, 0, taken, taken + 1) !== taken) continue;
      Atomics.add(this.#slots, this.#own, 1);
      return true;
    }
  }

  releaseSlot(): void {
    Atomics.sub(this.#slots, this.#own, 1);
    Atomics.sub(this.#slots, 0, 1);
  }

  /** Releases all slots of a worker that has died. */
  static releaseAll(slots: SharedArrayBuffer, worker: number): void {
    const all = new Int32Array(slots);
    Atomics.sub(all, 0, Atomics.exchange(all, 1 + worker, 0));
  }
}

/** Counts the connections of each user on each worker. The main isolate keeps it. */
export class UserConnectionCounts {
  readonly #max: number;
  /** By worker. */
  readonly #taken = new Map<number, Map<UserId, number>>();
  readonly #all = new Map<UserId, number>();

  /** @param max connections that a user may have on all workers together */
  constructor(max: number) {
    this.#max = max;
  }

  /** Users with a connection to any of the workers. */
  get users(): number {
    return this.#all.size;
  }

  take(worker: number, user: UserId): boolean {
    const all = this.#all.get(user) ?? 0;
    if (all >= this.#max) return false;
    let own = this.#taken.get(worker);
    if (own === undefined) this.#taken.set(worker, own = new Map());
    own.set(user, (own.get(user) ?? 0) + 1);
    this.#all.set(user, all + 1);
    return true;
  }

  giveBack(worker: number, user: UserId): void {
    const own = this.#taken.get(worker);
    // The connections of a worker that has ended were given back before.
    if (own === undefined || !own.has(user)) return;
    subtract(own, user, 1);
    subtract(this.#all, user, 1);
  }

  /** Gives back all connections of a worker that has ended. */
  forget(worker: number): void {
    for (const [user, count] of this.#taken.get(worker) ?? []) subtract(this.#all, user, count);
    this.#taken.delete(worker);
  }
}

function subtract(counts: Map<UserId, number>, user: UserId, by: number): void {
  const left = (counts.get(user) ?? 0) - by;
  if (left > 0) counts.set(user, left);
  else counts.delete(user);
}
