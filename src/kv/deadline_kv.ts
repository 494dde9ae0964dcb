import { type Clock, deadline } from "../clock.ts";
import { Unavailable } from "../store/errors.ts";
import type { Kv, KvCommitted, KvKey, KvListed, KvOperation, KvRange, KvRow } from "./kv.ts";

const RETRY_AFTER_MS = 1_000;

/** A KV call was not answered in time; of a commit the outcome is unknown. */
export class KvTimeout extends Unavailable {
  override readonly name = "KvTimeout";
  constructor(call: string, readonly afterMs: number) {
    super(`KV ${call} was not answered within ${afterMs} ms`, RETRY_AFTER_MS);
  }
}

/**
 * Gives every call of a {@link Kv} a deadline: Deno KV has none of its own and can't cancel a call,
 * so one that is late goes on unobserved.
 */
export class DeadlineKv implements Kv {
  readonly #kv: Kv;
  readonly #clock: Clock;
  readonly #ms: number;

  /** @param options `ms`: milliseconds that a call may take */
  constructor(kv: Kv, { clock, ms }: { clock: Clock; ms: number }) {
    this.#kv = kv;
    this.#clock = clock;
    this.#ms = ms;
  }

  get(key: KvKey): Promise<KvRow> {
    return this.#within("get", this.#kv.get(key));
  }

  getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    return this.#within("getMany", this.#kv.getMany(keys));
  }

  list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]> {
    return this.#within("list", this.#kv.list(range, options));
  }

  commit(operation: KvOperation): Promise<KvCommitted> {
    return this.#within("commit", this.#kv.commit(operation));
  }

  close(): void {
    this.#kv.close();
  }

  #within<T>(call: string, answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new KvTimeout(call, this.#ms));
      const timer = deadline(this.#clock, this.#ms, late);
      answer.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}
