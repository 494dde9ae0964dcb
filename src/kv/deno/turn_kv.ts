import { ForwardingKv } from "../forwarding_kv.ts";
import type { Kv, KvCommitted, KvOperation } from "../kv.ts";

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
export class TurnKv extends ForwardingKv {
  readonly #turns: TakesTurns;

  constructor(kv: Kv, turns: TakesTurns) {
    super(kv);
    this.#turns = turns;
  }

  override commit(operation: KvOperation): Promise<KvCommitted> {
    return this.#turns.run(() => this.kv.commit(operation));
  }
}
