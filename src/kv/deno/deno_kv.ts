import type { Kv, KvCommitted, KvKey, KvListed, KvOperation, KvRange, KvRow } from "../kv.ts";

/** Deno KV reads at most so many keys, or listed rows, at once. */
const GET_MANY_MAX = 10;
const LIST_BATCH_MAX = 500;
/**
 * Deno computes when a row vanishes by the clock of this machine, a server acts on it by its own: where
 * they differ by some minutes no row may vanish early.
 */
const EXPIRY_MARGIN_MS = 600_000;

/** The {@link Kv} port over Deno KV: a local file, a `denokv` server or Deno Deploy. */
export class DenoKv implements Kv {
  readonly #kv: Deno.Kv;
  #closed = false;

  constructor(kv: Deno.Kv) {
    this.#kv = kv;
  }

  async get(key: KvKey): Promise<KvRow> {
    return row(await this.#kv.get<Uint8Array>(key));
  }

  async getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    const rows: KvRow[] = [];
    for (let i = 0; i < keys.length; i += GET_MANY_MAX) {
      // One after the other: the port promises the order of the keys.
      const entries = await this.#kv.getMany<Uint8Array[]>(keys.slice(i, i + GET_MANY_MAX));
      for (const entry of entries) rows.push(row(entry));
    }
    return rows;
  }

  async list(
    range: KvRange,
    { limit, reverse = false }: { limit: number; reverse?: boolean },
  ): Promise<KvListed[]> {
    const batchSize = Math.min(limit, LIST_BATCH_MAX);
    const rows: KvListed[] = [];
    for await (const entry of this.#kv.list<Uint8Array>(range, { limit, reverse, batchSize })) {
      rows.push({
        key: entry.key as KvKey,
        value: bytesOf(entry.value),
        versionstamp: entry.versionstamp,
      });
    }
    return rows;
  }

  async commit({ checks, mutations }: KvOperation): Promise<KvCommitted> {
    const atomic = this.#kv.atomic();
    for (const check of checks) atomic.check(check);
    for (const mutation of mutations) {
      if (mutation.kind === "delete") {
        atomic.delete(mutation.key);
      } else if (mutation.expireIn === undefined) {
        atomic.set(mutation.key, mutation.value);
      } else {
        // Deno takes whole milliseconds only, and a clock that follows others has fractions.
        const expireIn = Math.ceil(mutation.expireIn) + EXPIRY_MARGIN_MS;
        atomic.set(mutation.key, mutation.value, { expireIn });
      }
    }
    const result = await atomic.commit();
    return result.ok ? { ok: true, versionstamp: result.versionstamp } : { ok: false };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#kv.close();
  }
}

function row(entry: Deno.KvEntryMaybe<Uint8Array>): KvRow {
  return {
    key: entry.key as KvKey,
    value: entry.versionstamp === null ? null : bytesOf(entry.value),
    versionstamp: entry.versionstamp,
  };
}

/** What another program may have put into a row is none of ours: no record is empty. */
const NO_RECORD = new Uint8Array();

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : NO_RECORD;
}
