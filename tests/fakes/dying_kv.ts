import type {
  Kv,
  KvCommitted,
  KvKey,
  KvListed,
  KvOperation,
  KvRange,
  KvRow,
} from "../../src/kv/kv.ts";

/** When the process dies: so many commits that matter pass, and the next one is its end. */
export interface Death {
  readonly after: number;
  /** Whether that next one is applied, though nobody hears of it. */
  readonly applied: boolean;
  /** Which commits matter. */
  readonly counts: (operation: KvOperation) => boolean;
}

/**
 * A process' way to a {@link Kv}, which ends with the process: from its death on nothing it sends is
 * applied, and nothing is answered.
 */
export class DyingKv implements Kv {
  readonly isAway = false;
  readonly #kv: Kv;
  readonly #death: Death | undefined;
  readonly #dead = Promise.withResolvers<void>();
  #passed = 0;
  #isDead = false;

  constructor(kv: Kv, death?: Death) {
    this.#kv = kv;
    this.#death = death;
  }

  /** Resolves at its death. */
  get dead(): Promise<void> {
    return this.#dead.promise;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Commits that mattered, the last one aside. */
  get passed(): number {
    return this.#passed;
  }

  get(key: KvKey): Promise<KvRow> {
    return this.#alive(() => this.#kv.get(key));
  }

  getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    return this.#alive(() => this.#kv.getMany(keys));
  }

  list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]> {
    return this.#alive(() => this.#kv.list(range, options));
  }

  commit(operation: KvOperation): Promise<KvCommitted> {
    return this.#alive(async () => {
      if (this.#death?.counts(operation)) {
        if (this.#passed === this.#death.after) {
          this.#isDead = true;
          if (this.#death.applied) await this.#kv.commit(operation);
          this.#dead.resolve();
        } else this.#passed++;
      }
      return this.#isDead ? { ok: false } : await this.#kv.commit(operation);
    });
  }

  close(): void {}

  async #alive<T>(call: () => Promise<T>): Promise<T> {
    const answer = this.#isDead ? undefined : await call();
    return this.#isDead ? await new Promise(() => {}) : answer as T;
  }
}
