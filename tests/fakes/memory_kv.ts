import type {
  Kv,
  KvCommitted,
  KvKey,
  KvListed,
  KvOperation,
  KvRange,
  KvRow,
  Versionstamp,
} from "../../src/kv/kv.ts";
import { keyBytes } from "./kv_key_order.ts";
import { refuseLongKey, refuseOversize } from "./kv_limits.ts";

interface Stored {
  readonly key: KvKey;
  readonly value: Uint8Array<ArrayBuffer>;
  readonly versionstamp: Versionstamp;
  /** Milliseconds since the epoch; Infinity where the row stays. */
  readonly expiresAt: number;
}

/** A commit that was applied. */
export interface Applied extends KvOperation {
  readonly versionstamp: Versionstamp;
}

export interface MemoryKvOptions {
  /** Milliseconds since the epoch. Without it rows never expire, which the port permits. */
  readonly now?: () => number;
  /** Checks that a commit may hold; 10 unless given, as on a `denokv` server. */
  readonly checksMax?: number;
}

/** Deno KV may be so late with letting a row expire; this one always is. */
const EXPIRY_LATE_MS = 60_000;

/**
 * The Kv port in memory, as strict as the real ones: each call takes effect at once, in the order of
 * the calls, and is answered a moment later. It remembers every commit, so that a test can look at
 * all that was ever written.
 */
export class MemoryKv implements Kv {
  readonly history: Applied[] = [];
  readonly #rows = new Map<string, Stored>();
  readonly #now: (() => number) | undefined;
  readonly #checksMax: number;
  #commits = 0;
  #closed = false;

  constructor({ now, checksMax = 10 }: MemoryKvOptions = {}) {
    this.#now = now;
    this.#checksMax = checksMax;
  }

  /** What a row holds now, for a test that looks at it from outside. */
  peek(key: KvKey): KvRow {
    return this.#look(key);
  }

  // deno-lint-ignore require-await -- what it throws has to reject
  async get(key: KvKey): Promise<KvRow> {
    this.#refuseWhenClosed();
    return this.#look(key);
  }

  // deno-lint-ignore require-await -- what it throws has to reject
  async getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    this.#refuseWhenClosed();
    return keys.map((key) => this.#look(key));
  }

  // deno-lint-ignore require-await -- what it throws has to reject
  async list(
    { start, end }: KvRange,
    { limit, reverse = false }: { limit: number; reverse?: boolean },
  ): Promise<KvListed[]> {
    this.#refuseWhenClosed();
    if (!(limit > 0)) throw new Error(`Limit must be a positive integer: received ${limit}`);
    const [from, to] = [keyBytes(start), keyBytes(end)];
    if (from > to) throw new TypeError("Start key is greater than end key");
    const found: [string, Stored][] = [];
    for (const [bytes, row] of this.#rows) {
      if (bytes >= from && bytes < to && !this.#isGone(row)) found.push([bytes, row]);
    }
    found.sort(([a], [b]) => a < b ? -1 : 1);
    if (reverse) found.reverse();
    return found.slice(0, limit).map(([, row]) => listed(row));
  }

  // deno-lint-ignore require-await -- what it throws has to reject
  async commit(operation: KvOperation): Promise<KvCommitted> {
    this.#refuseWhenClosed();
    refuseOversize(operation, this.#checksMax);
    const passes = ({ key, versionstamp }: KvOperation["checks"][number]) =>
      this.#look(key).versionstamp === versionstamp;
    if (!operation.checks.every(passes)) return { ok: false };
    const versionstamp = (++this.#commits).toString(16).padStart(16, "0") + "0000";
    for (const mutation of operation.mutations) {
      const bytes = keyBytes(mutation.key);
      if (mutation.kind === "delete") {
        this.#rows.delete(bytes);
        continue;
      }
      const { key, expireIn = Infinity } = mutation;
      // The caller may write over its bytes afterwards.
      const value = mutation.value.slice();
      const expiresAt = (this.#now?.() ?? 0) + expireIn + EXPIRY_LATE_MS;
      this.#rows.set(bytes, { key, value, versionstamp, expiresAt });
    }
    this.history.push({ ...operation, versionstamp });
    return { ok: true, versionstamp };
  }

  close(): void {
    this.#closed = true;
  }

  #look(key: KvKey): KvRow {
    const bytes = keyBytes(key);
    refuseLongKey(bytes);
    const row = this.#rows.get(bytes);
    return row === undefined || this.#isGone(row)
      ? { key, value: null, versionstamp: null }
      : listed(row);
  }

  #isGone({ expiresAt }: Stored): boolean {
    return this.#now !== undefined && this.#now() >= expiresAt;
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new Deno.errors.BadResource("Bad resource ID");
  }
}

/** A copy, as a real engine gives: nobody can reach into the store. */
function listed({ key, value, versionstamp }: Stored): KvListed {
  return { key: key.slice(), value: value.slice(), versionstamp };
}
