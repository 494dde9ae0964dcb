import type {
  Kv,
  KvCommitted,
  KvKey,
  KvListed,
  KvOperation,
  KvRange,
  KvRow,
} from "../../src/kv/kv.ts";
import { keyBytes } from "./kv_key_order.ts";
import { refuseOversize } from "./kv_limits.ts";

/**
 * Stands right below a journal and notes what it must never do: have one row in two commits at once,
 * or send more than a commit may hold.
 */
export class WatchfulKv implements Kv {
  readonly violations: string[] = [];
  /** The most commits that were under way at once. */
  commitsAtOnce = 0;
  readonly #kv: Kv;
  readonly #checksMax: number;
  readonly #underWay = new Set<string>();
  #commits = 0;

  constructor(kv: Kv, { checksMax }: { checksMax: number }) {
    this.#kv = kv;
    this.#checksMax = checksMax;
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

  async commit(operation: KvOperation): Promise<KvCommitted> {
    try {
      refuseOversize(operation, this.#checksMax);
    } catch (error) {
      this.violations.push(String(error));
    }
    const rows = operation.checks.map(({ key }) => keyBytes(key));
    for (const row of rows) {
      if (this.#underWay.has(row)) this.violations.push(`${row} is in two commits at once`);
    }
    for (const row of rows) this.#underWay.add(row);
    this.#commits++;
    this.commitsAtOnce = Math.max(this.commitsAtOnce, this.#commits);
    try {
      return await this.#kv.commit(operation);
    } finally {
      this.#commits--;
      for (const row of rows) this.#underWay.delete(row);
    }
  }

  close(): void {
    this.#kv.close();
  }
}
