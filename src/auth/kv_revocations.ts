import { keptFor, type Revocation } from "./revoked_tokens.ts";
import type { Clock } from "../clock.ts";
import { utf8 } from "../store/codec/bytes.ts";
import { revokedCodec } from "../store/codec/records.ts";
import { keys, ranges } from "../store/keys.ts";
import type { Kv, KvListed, KvOperation, KvRow, Versionstamp } from "../kv/kv.ts";
import type { RowReader } from "../store/rows.ts";

const PAGE = 500;
const KINDS = ["jti", "user"] as const;

export interface RevocationReaderOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly maxTokenLifetimeMs: number;
  readonly rows: RowReader;
}

/** Reads what is revoked from the KV. */
export class RevocationReader {
  readonly #options: RevocationReaderOptions;
  #seen: Versionstamp | null | undefined;
  /** When each row that cannot be read was met first, by its version. */
  #unreadable = new Map<Versionstamp, number>();

  constructor(options: RevocationReaderOptions) {
    this.#options = options;
  }

  /** Everything that is revoked, if anything was since the last time; else undefined. */
  async read(): Promise<Revocation[] | undefined> {
    // Read first: a revocation that is written meanwhile makes the next look go on.
    const { versionstamp } = await this.#options.kv.get(keys.revocations());
    if (versionstamp === this.#seen) return undefined;
    const found: Revocation[] = [];
    const before = this.#unreadable;
    this.#unreadable = new Map();
    for (const kind of KINDS) await this.#readKind(kind, { found, before });
    this.#seen = versionstamp;
    return found;
  }

  async #readKind(
    kind: Revocation["kind"],
    { found, before }: {
      found: Revocation[];
      before: ReadonlyMap<Versionstamp, number>;
    },
  ): Promise<void> {
    const range = ranges.revoked(kind);
    for (let { start } = range;;) {
      const rows = await this.#options.kv.list({ start, end: range.end }, { limit: PAGE });
      for (const row of rows) {
        const read = this.#options.rows.read(row, () => decode(kind, row));
        found.push(read ?? this.#strictest(kind, row, before.get(row.versionstamp)));
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      start = [...last.key, ""];
    }
  }

  /**
   * The key says whom a row concerns, also where the rest cannot be read: no token is let through that
   * may have been revoked. Tokens that are issued later are good.
   */
  #strictest(kind: Revocation["kind"], { key, versionstamp }: KvListed, met?: number): Revocation {
    const { clock, maxTokenLifetimeMs } = this.#options;
    const since = met ?? clock.now();
    this.#unreadable.set(versionstamp, since);
    const value = String(key[2]);
    const until = since + keptFor(maxTokenLifetimeMs);
    return kind === "jti" ? { kind, value, until } : { kind, value, until, issuedBefore: since };
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
  if (kind === "user" && storedIssuedBefore(row) >= revocation.issuedBefore) return undefined;
  const record = kind === "jti" ? { until } : { until, issuedBefore: revocation.issuedBefore };
  return {
    checks: [{ key, versionstamp: row.versionstamp }],
    mutations: [
      { kind: "set", key, value: revokedCodec.encode(record), expireIn: Math.ceil(until - now) },
      { kind: "set", key: keys.revocations(), value: utf8(id) },
    ],
  };
}

/** The stricter of two revocations counts; one that cannot be read is replaced. */
function storedIssuedBefore({ value }: KvRow): number {
  if (value === null) return -Infinity;
  try {
    return revokedCodec.decode(value).issuedBefore ?? 0;
  } catch {
    return -Infinity;
  }
}
