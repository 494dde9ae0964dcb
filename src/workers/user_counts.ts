import type { UserId } from "../domain/stream_name.ts";

/** Counts the connections of each user on each worker. The main isolate keeps it. */
export class UserCounts {
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
    less(own, user, 1);
    less(this.#all, user, 1);
  }

  /** Gives back all connections of a worker that has ended. */
  forget(worker: number): void {
    for (const [user, count] of this.#taken.get(worker) ?? []) less(this.#all, user, count);
    this.#taken.delete(worker);
  }
}

function less(counts: Map<UserId, number>, user: UserId, by: number): void {
  const left = (counts.get(user) ?? 0) - by;
  if (left > 0) counts.set(user, left);
  else counts.delete(user);
}
