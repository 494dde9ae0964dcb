import type {
  Kv,
  KvCommitted,
  KvKey,
  KvListed,
  KvOperation,
  KvRange,
  KvRow,
} from "../../src/store/kv.ts";

interface Hold {
  readonly kind: string;
  readonly reached: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
}

/** A {@link Kv} of which a test can hold up a read for as long as it likes, before it reads anything. */
export class HeldKv implements Kv {
  readonly #kv: Kv;
  #hold: Hold | undefined;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /**
   * Holds up the next read whose keys begin with `kind`, such as `item`.
   *
   * @returns `reached` resolves when there is one; `release` lets it go on
   */
  holdNext(kind: string): { reached: Promise<void>; release: () => void } {
    const hold: Hold = {
      kind,
      reached: Promise.withResolvers(),
      released: Promise.withResolvers(),
    };
    this.#hold = hold;
    return { reached: hold.reached.promise, release: () => hold.released.resolve() };
  }

  async get(key: KvKey): Promise<KvRow> {
    await this.#pass(key);
    return await this.#kv.get(key);
  }

  async getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    await this.#pass(keys[0]);
    return await this.#kv.getMany(keys);
  }

  async list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]> {
    await this.#pass(range.start);
    return await this.#kv.list(range, options);
  }

  commit(operation: KvOperation): Promise<KvCommitted> {
    return this.#kv.commit(operation);
  }

  close(): void {
    this.#kv.close();
  }

  async #pass(key: KvKey | undefined): Promise<void> {
    const hold = this.#hold;
    if (hold === undefined || key?.[0] !== hold.kind) return;
    this.#hold = undefined;
    hold.reached.resolve();
    await hold.released.promise;
  }
}
