import type { Head } from "../domain/head.ts";
import type { StreamName } from "../domain/stream_name.ts";
import { decodeHead } from "./codec/head_codec.ts";
import { keys } from "./keys.ts";
import type { Kv, KvRow, Versionstamp } from "../kv/kv.ts";

/** A stream's head as it was read or written; a stream that does not exist has neither. */
export interface CachedHead {
  readonly head: Head | undefined;
  readonly versionstamp: Versionstamp | null;
}

/** So many live items' worth of heads are remembered (about 8 bytes an item). */
const WEIGHT_MAX = 4_000_000;
/** What a head weighs besides its items, in items. */
const HEAD_WEIGHT = 64;

/**
 * The heads that this instance read or wrote last, the one that was noted longest ago forgotten first.
 *
 * The journal may decide on a remembered head, since its commit checks the versionstamp. A reader may
 * only trust it where nobody else writes (`isOnlyWriter`); else it reads the KV.
 */
export class HeadCache {
  readonly #kv: Kv;
  readonly #isOnlyWriter: boolean;
  readonly #known = new Map<StreamName, CachedHead>();
  #weight = 0;

  constructor({ kv, isOnlyWriter }: { kv: Kv; isOnlyWriter: boolean }) {
    this.#kv = kv;
    this.#isOnlyWriter = isOnlyWriter;
  }

  /** What is remembered of a stream, however old. */
  cached(stream: StreamName): CachedHead | undefined {
    return this.#known.get(stream);
  }

  /** What is remembered of a stream where that is sure to be how it is now. */
  current(stream: StreamName): CachedHead | undefined {
    return this.#isOnlyWriter ? this.#known.get(stream) : undefined;
  }

  put(stream: StreamName, known: CachedHead): void {
    this.forget(stream);
    this.#known.set(stream, known);
    this.#weight += weightOf(known);
    if (this.#weight > WEIGHT_MAX) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const oldest of this.#known.keys()) {
      if (this.#weight <= WEIGHT_MAX) break;
      this.forget(oldest);
    }
  }

  forget(stream: StreamName): void {
    const known = this.#known.get(stream);
    if (known === undefined) return;
    this.#weight -= weightOf(known);
    this.#known.delete(stream);
  }

  /** The head as it is now, at least as new as every commit that was answered before. */
  async read(stream: StreamName): Promise<Head | undefined> {
    const known = this.current(stream);
    if (known !== undefined) return known.head;
    const row = await this.#kv.get(keys.head(stream));
    // A commit may have been answered while the row was on its way.
    const newer = this.#known.get(stream);
    if (newer !== undefined && isNewer(newer, row)) return newer.head;
    const read = headFromRow(row);
    this.put(stream, read);
    return read.head;
  }
}

/** What a row of the KV says about a stream. */
export function headFromRow(row: KvRow): CachedHead {
  return {
    head: row.value === null ? undefined : decodeHead(row.value),
    versionstamp: row.versionstamp,
  };
}

function isNewer(known: CachedHead, row: KvRow): boolean {
  if (known.versionstamp === null) return false;
  return row.versionstamp === null || known.versionstamp >= row.versionstamp;
}

function weightOf({ head }: CachedHead): number {
  return HEAD_WEIGHT + (head?.live.size ?? 0);
}
