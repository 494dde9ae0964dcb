import type { Kv, KvCommitted, KvKey, KvListed, KvOperation, KvRange, KvRow } from "./kv.ts";
import type { LabelledHistogram, Metrics } from "../ops/metrics.ts";

/** A {@link Kv} that measures how long another one takes, failed calls included. */
export class MeasuredKv implements Kv {
  readonly #kv: Kv;
  readonly #duration: LabelledHistogram;

  constructor(kv: Kv, metrics: Metrics) {
    this.#kv = kv;
    this.#duration = metrics.histogram(
      "bellwire_kv_call_duration_seconds",
      "Time that calls of the KV took, failed ones included",
      { known: [GET, GET_MANY, LIST, COMMIT] },
    );
  }

  get(key: KvKey): Promise<KvRow> {
    return this.#timed(GET, this.#kv.get(key));
  }

  getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    return this.#timed(GET_MANY, this.#kv.getMany(keys));
  }

  list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]> {
    return this.#timed(LIST, this.#kv.list(range, options));
  }

  commit(operation: KvOperation): Promise<KvCommitted> {
    return this.#timed(COMMIT, this.#kv.commit(operation));
  }

  close(): void {
    this.#kv.close();
  }

  async #timed<T>(labels: { call: string }, answer: Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await answer;
    } finally {
      this.#duration.observe((performance.now() - started) / 1_000, labels);
    }
  }
}

const GET = { call: "get" };
const GET_MANY = { call: "get_many" };
const LIST = { call: "list" };
const COMMIT = { call: "commit" };
