import type { ErrorReports, OnError } from "../feeds/error_reports.ts";
import { CorruptRecord } from "./codec/bytes.ts";
import type { Kv, KvListed, KvRange, KvRow, Versionstamp } from "../kv/kv.ts";

/**
 * Reads rows of which one may be damaged, or written by a newer version: such a row is reported by the
 * kind of its key, without anything that it holds, and left out. So it stops no loop over many rows.
 */
export class RowReader {
  readonly #reports: ErrorReports;

  constructor(reports: ErrorReports) {
    this.#reports = reports;
  }

  /** What `decode` makes of the row; undefined where it throws. */
  read<T>(row: Pick<KvRow, "key">, decode: () => T): T | undefined {
    try {
      return decode();
    } catch (error) {
      this.unreadable(row, error);
      return undefined;
    }
  }

  /** Reports a row that cannot be read. */
  unreadable({ key }: Pick<KvRow, "key">, error: unknown): void {
    // Messages of other errors, such as those of `JSON.parse`, repeat what the row holds.
    const cause = error instanceof CorruptRecord ? error : new CorruptRecord("It is no record");
    this.#of(String(key[0]))(cause);
  }

  #of(kind: string): OnError {
    return this.#reports.of(`reading rows of kind ${kind}`);
  }
}

const PAGE = 500;

/** Goes through all rows of a range, some at a time. */
export async function forEachPage(
  kv: Kv,
  { start, end }: KvRange,
  take: (rows: readonly KvListed[]) => Promise<void>,
): Promise<void> {
  for (let from = start;;) {
    const rows = await kv.list({ start: from, end }, { limit: PAGE });
    await take(rows);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    from = [...last.key, ""];
  }
}

/** Deletes the rows of ranges that were written no later than a commit. */
export async function deleteRows(
  kv: Kv,
  ranges: readonly KvRange[],
  before: Versionstamp,
): Promise<void> {
  for (const range of ranges) {
    await forEachPage(kv, range, async (rows) => {
      const mutations = rows.filter(({ versionstamp }) => versionstamp <= before)
        .map(({ key }) => ({ kind: "delete", key }) as const);
      if (mutations.length > 0) await kv.commit({ checks: [], mutations });
    });
  }
}
