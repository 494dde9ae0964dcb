import type { Revocation } from "../auth/revoked_tokens.ts";
import { utf8 } from "./codec/bytes.ts";
import { revokedCodec } from "./codec/records.ts";
import { keys, ranges } from "./keys.ts";
import type { Kv, KvListed, KvOperation, Versionstamp } from "./kv.ts";

const PAGE = 500;
const KINDS = ["jti", "user"] as const;

/** Reads what is revoked from the KV. */
export class RevocationReader {
  readonly #kv: Kv;
  #seen: Versionstamp | null | undefined;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** Everything that is revoked, if anything was since the last time; else undefined. */
  async read(): Promise<Revocation[] | undefined> {
    // Read first: a revocation that is written meanwhile makes the next look go on.
    const { versionstamp } = await this.#kv.get(keys.revocations());
    if (versionstamp === this.#seen) return undefined;
    const found: Revocation[] = [];
    for (const kind of KINDS) await this.#readKind(kind, found);
    this.#seen = versionstamp;
    return found;
  }

  async #readKind(kind: Revocation["kind"], found: Revocation[]): Promise<void> {
    const range = ranges.revoked(kind);
    for (let { start } = range;;) {
      const rows = await this.#kv.list({ start, end: range.end }, { limit: PAGE });
      for (const row of rows) found.push(decode(kind, row));
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      start = [...last.key, ""];
    }
  }
}

function decode(kind: Revocation["kind"], row: KvListed): Revocation {
  const { until, issuedBefore = 0 } = revokedCodec.decode(row.value);
  const value = String(row.key[2]);
  return kind === "jti" ? { kind, value, until } : { kind, value, until, issuedBefore };
}

/**
 * What has to be committed for a revocation; undefined where a stricter one of the user is stored.
 *
 * @param options `now` in milliseconds since the epoch; `id`: a new one
 */
export async function revocationRows(
  kv: Kv,
  revocation: Revocation,
  { now, id }: { now: number; id: string },
): Promise<KvOperation | undefined> {
  const { kind, value, until } = revocation;
  const key = keys.revoked(kind, value);
  const row = await kv.get(key);
  if (row.value !== null && kind === "user") {
    const stored = revokedCodec.decode(row.value);
    if ((stored.issuedBefore ?? 0) >= revocation.issuedBefore) return undefined;
  }
  const record = kind === "jti" ? { until } : { until, issuedBefore: revocation.issuedBefore };
  return {
    checks: [{ key, versionstamp: row.versionstamp }],
    mutations: [
      { kind: "set", key, value: revokedCodec.encode(record), expireIn: Math.ceil(until - now) },
      { kind: "set", key: keys.revocations(), value: utf8(id) },
    ],
  };
}
