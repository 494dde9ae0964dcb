import type {
  Kv,
  KvCommitted,
  KvKey,
  KvListed,
  KvOperation,
  KvRange,
  KvRow,
} from "../../src/kv/kv.ts";

/**
 * How a store is: it works, it lets everybody wait, it breaks off whatever is asked, or it gives what it
 * has and takes nothing.
 */
export type StoreState = "there" | "silent" | "refusing" | "readOnly";

/** A {@link Kv} that can be away, in one of several ways. What it is asked meanwhile gets lost. */
export class AwayKv implements Kv {
  state: StoreState = "there";
  /** Calls so far, whatever became of them. */
  calls = 0;
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  get(key: KvKey): Promise<KvRow> {
    return this.#pass(false, () => this.#kv.get(key));
  }

  getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    return this.#pass(false, () => this.#kv.getMany(keys));
  }

  list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]> {
    return this.#pass(false, () => this.#kv.list(range, options));
  }

  commit(operation: KvOperation): Promise<KvCommitted> {
    return this.#pass(true, () => this.#kv.commit(operation));
  }

  close(): void {
    this.#kv.close();
  }

  #pass<T>(writes: boolean, call: () => Promise<T>): Promise<T> {
    this.calls++;
    if (this.state === "silent") return new Promise(() => {});
    if (this.state === "refusing" || (this.state === "readOnly" && writes)) {
      return Promise.reject(new TypeError("error sending request: connection refused"));
    }
    return call();
  }
}
