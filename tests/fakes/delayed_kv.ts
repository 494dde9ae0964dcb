import type { Clock } from "../../src/clock.ts";
import type {
  Kv,
  KvCommitted,
  KvKey,
  KvListed,
  KvOperation,
  KvRange,
  KvRow,
} from "../../src/kv/kv.ts";
import type { SeededRandom } from "../simulation/support/seeded_random.ts";

/** One call in so many takes far longer, so that whole commits and sweeps happen meanwhile. */
const LONG_ONE_IN = 8;
const LONG_FACTOR = 20;

/** A {@link Kv} that is reached late and answers late, each call on its own: they overtake each other. */
export class DelayedKv implements Kv {
  readonly #kv: Kv;
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  readonly #wayMax: number;

  /** @param options `wayMax`: milliseconds that each way takes at most, mostly */
  constructor(
    kv: Kv,
    { clock, random, wayMax }: { clock: Clock; random: SeededRandom; wayMax: number },
  ) {
    this.#kv = kv;
    this.#clock = clock;
    this.#random = random;
    this.#wayMax = wayMax;
  }

  get(key: KvKey): Promise<KvRow> {
    return this.#delayed(() => this.#kv.get(key));
  }

  getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    return this.#delayed(() => this.#kv.getMany(keys));
  }

  list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]> {
    return this.#delayed(() => this.#kv.list(range, options));
  }

  commit(operation: KvOperation): Promise<KvCommitted> {
    return this.#delayed(() => this.#kv.commit(operation));
  }

  close(): void {
    this.#kv.close();
  }

  async #delayed<T>(call: () => Promise<T>): Promise<T> {
    await this.#way();
    const answer = await call();
    await this.#way();
    return answer;
  }

  #way(): Promise<void> {
    const isLong = this.#random.integer(1, LONG_ONE_IN) === 1;
    const ms = this.#random.integer(0, this.#wayMax) * (isLong ? LONG_FACTOR : 1);
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }
}
