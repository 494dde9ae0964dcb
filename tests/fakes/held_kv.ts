import type {
  Kv,
  KvCommitted,
  KvKey,
  KvListed,
  KvOperation,
  KvRange,
  KvRow,
} from "../../src/kv/kv.ts";

interface Hold {
  readonly kind: string;
  readonly answer: boolean;
  readonly reached: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
}

/** A {@link Kv} of which a test can hold up a read for as long as it likes. */
export class HeldKv implements Kv {
  readonly #kv: Kv;
  #hold: Hold | undefined;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /**
   * Holds up the next read whose keys begin with `kind`, such as `item`: before it reads, or its answer.
   *
   * @returns `reached` resolves when there is one; `release` lets it go on
   */
  holdNext(
    kind: string,
    { answer = false }: { answer?: boolean } = {},
  ): { reached: Promise<void>; release: () => void } {
    const hold: Hold = {
      kind,
      answer,
      reached: Promise.withResolvers(),
      released: Promise.withResolvers(),
    };
    this.#hold = hold;
    return { reached: hold.reached.promise, release: () => hold.released.resolve() };
  }

  get(key: KvKey): Promise<KvRow> {
    return this.#pass(key, () => this.#kv.get(key));
  }

  getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    return this.#pass(keys[0], () => this.#kv.getMany(keys));
  }

  list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]> {
    return this.#pass(range.start, () => this.#kv.list(range, options));
  }

  commit(operation: KvOperation): Promise<KvCommitted> {
    return this.#kv.commit(operation);
  }

  close(): void {
    this.#kv.close();
  }

  async #pass<T>(key: KvKey | undefined, read: () => Promise<T>): Promise<T> {
    const hold = this.#hold;
    if (hold === undefined || key?.[0] !== hold.kind) return await read();
    this.#hold = undefined;
    const early = hold.answer ? await read() : undefined;
    hold.reached.resolve();
    await hold.released.promise;
    return early ?? await read();
  }
}
