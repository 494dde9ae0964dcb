import { exceedsKvLimits, isLocked } from "../../kv/failures.ts";
import type { Kv, KvKey, KvOperation, KvRow, Versionstamp } from "../../kv/kv.ts";

/** What became of an operation: it is applied, or can never be. */
export type Outcome =
  | { readonly applied: true; readonly versionstamp: Versionstamp }
  | { readonly applied: false };

/** A row that an operation writes and no other one does. */
export interface Marker {
  readonly key: KvKey;
  readonly value: Uint8Array<ArrayBuffer>;
}

/** Called for each answer that was not simply "applied". */
export type RetryCause = "timeout-or-error" | "conflict" | "spurious-conflict";

/**
 * Commits so that the outcome is always known in the end, however unreliable the KV's answers.
 *
 * Each operation that writes anything writes a marker of its own, and a row that it checks. When no
 * answer comes, the identical operation is sent again: its checks let it be applied once at most. When
 * the KV reports a conflict, the rows that it checks are read, and *then* the marker:
 * - a marker proves that an earlier sending was applied;
 * - no marker, and a row has changed: the checks can never pass again, so the operation is dead;
 * - no marker, and no row has changed: the report was wrong (or came from a sending that is lost), and
 *   an earlier sending may still land. Only the identical operation is safe, so it is sent again.
 */
export class Committer {
  readonly #kv: Kv;
  readonly #newRetry: () => Retry;
  readonly #onRetry: (kind: RetryCause, error?: unknown) => void;

  /** @param options `random`: at least 0 and less than 1, for the jitter between tries */
  constructor(
    { kv, pause, random, onRetry }: {
      kv: Kv;
      pause: Pause;
      random: () => number;
      onRetry: (kind: RetryCause, error?: unknown) => void;
    },
  ) {
    this.#kv = kv;
    this.#newRetry = () => new Retry(pause, random);
    this.#onRetry = onRetry;
  }

  /**
   * Rejects only where the operation is larger than the KV takes, or where waiting for the next try
   * was aborted.
   *
   * @param marker what the operation writes as its proof; none where it writes nothing at all
   */
  async commit(operation: KvOperation, marker?: Marker): Promise<Outcome> {
    const retry = this.#newRetry();
    for (;;) {
      try {
        const committed = await this.#kv.commit(operation);
        if (committed.ok) return { applied: true, versionstamp: committed.versionstamp };
      } catch (error) {
        if (exceedsKvLimits(error)) throw error;
        this.#onRetry("timeout-or-error", error);
        await retry.wait(error);
        continue;
      }
      const checked = operation.checks.map((check) => check.key);
      const rows = await this.read(marker === undefined ? checked : [...checked, marker.key]);
      const proof = marker === undefined ? undefined : versionOf(rows.at(-1), marker);
      if (proof !== undefined) return { applied: true, versionstamp: proof };
      if (operation.checks.some((check, i) => check.versionstamp !== rows[i]?.versionstamp)) {
        this.#onRetry("conflict");
        return { applied: false };
      }
      this.#onRetry("spurious-conflict");
      await retry.wait();
    }
  }

  /** Reads rows, as often as it takes. Rejects only where a key is too long, or waiting was aborted. */
  async read(keys: readonly KvKey[]): Promise<KvRow[]> {
    if (keys.length === 0) return [];
    const retry = this.#newRetry();
    for (;;) {
      try {
        return await this.#kv.getMany(keys);
      } catch (error) {
        if (exceedsKvLimits(error)) throw error;
        this.#onRetry("timeout-or-error", error);
        await retry.wait(error);
      }
    }
  }
}

/** The version with which the marker was written, if it was. */
function versionOf(row: KvRow | undefined, { value }: Marker): Versionstamp | undefined {
  if (row === undefined || row.value === null || row.versionstamp === null) return undefined;
  const same = row.value.length === value.length && row.value.every((byte, i) => byte === value[i]);
  return same ? row.versionstamp : undefined;
}

/** Waits for so many milliseconds; rejects when there is no point in going on. */
export type Pause = (ms: number) => Promise<void>;

const LOCKED_MIN_MS = 1;
const LOCKED_SPREAD_MS = 4;
const FIRST_MS = 10;
const LONGEST_MS = 1_000;

/**
 * How long to wait before the next try: a few milliseconds where SQLite only says that another handle
 * is writing the file, else longer each time, with jitter so that many don't return together.
 */
class Retry {
  readonly #pause: Pause;
  readonly #random: () => number;
  #failures = 0;

  /** @param random at least 0 and less than 1 */
  constructor(pause: Pause, random: () => number) {
    this.#pause = pause;
    this.#random = random;
  }

  wait(error?: unknown): Promise<void> {
    if (isLocked(error)) return this.#pause(LOCKED_MIN_MS + this.#random() * LOCKED_SPREAD_MS);
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++);
    return this.#pause(longest / 2 + this.#random() * longest / 2);
  }
}
