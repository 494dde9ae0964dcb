import type { Kv, KvCommitted, KvKey, KvListed, KvOperation, KvRange, KvRow } from "../kv.ts";

interface Lane {
  readonly kv: Kv;
  /** Calls that it has not answered. */
  open: number;
}

/**
 * Spreads calls over several handles of one KV, each on a connection of its own, so that a call has
 * its connection for itself as long as there are enough of them.
 *
 * Calls that share a connection to a `denokv` server hold each other up: either side leaves Nagle's
 * algorithm on, and an answer of two pieces, or the second of two answers, then waits until the other
 * side has something to say, or for its delayed acknowledgement 40 ms later (RFC 896, RFC 1122
 * 4.2.3.2). Where question and answer alternate nothing has to wait.
 */
export class SpreadKv implements Kv {
  readonly #lanes: readonly Lane[];

  /** @param handles of the same KV; at least one */
  constructor(handles: readonly Kv[]) {
    this.#lanes = handles.map((kv) => ({ kv, open: 0 }));
  }

  get(key: KvKey): Promise<KvRow> {
    return this.#through((kv) => kv.get(key));
  }

  getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    return this.#through((kv) => kv.getMany(keys));
  }

  list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]> {
    return this.#through((kv) => kv.list(range, options));
  }

  commit(operation: KvOperation): Promise<KvCommitted> {
    return this.#through((kv) => kv.commit(operation));
  }

  close(): void {
    for (const { kv } of this.#lanes) kv.close();
  }

  async #through<T>(call: (kv: Kv) => Promise<T>): Promise<T> {
    const lane = this.#lanes.reduce((best, other) => other.open < best.open ? other : best);
    lane.open++;
    try {
      return await call(lane.kv);
    } finally {
      lane.open--;
    }
  }
}
