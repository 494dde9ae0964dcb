import type { ErrorReports, OnError } from "../feeds/error_reports.ts";
import { CorruptRecord } from "./codec/bytes.ts";
import type { KvRow } from "../kv/kv.ts";

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
