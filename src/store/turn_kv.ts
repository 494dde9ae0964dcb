import type { Kv, KvCommitted, KvKey, KvListed, KvOperation, KvRange, KvRow } from "./kv.ts";

/** Lets several isolates do something one after the other. */
export interface TakesTurns {
  /** Runs a task in this isolate's turn; settles as the task does. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

/**
 * A {@link Kv} whose commits wait for their turn. SQLite has one writer: left to themselves, isolates
 * that write the same file find it locked, and whoever is refused may be so again and again while
 * another one goes on.
 */
export class TurnKv implements Kv {
  readonly #kv: Kv;
  readonly #turns: TakesTurns;

  constructor(kv: Kv, turns: TakesTurns) {
    this.#kv = kv;
    this.#turns = turns;
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

  commit(operation: KvOperation): Promise<KvCommitted> {
    return this.#turns.run(() => this.#kv.commit(operation));
  }

  close(): void {
    this.#kv.close();
  }
}
