import type { Change } from "../domain/event.ts";
import type { Head } from "../domain/head.ts";
import type { Seq } from "../domain/item.ts";
import { hasChangeAfter } from "../domain/resume.ts";
import type { StreamName } from "../domain/stream_name.ts";
import { text } from "./codec/bytes.ts";
import { changeCodec } from "./codec/records.ts";
import { keys, ranges } from "./keys.ts";
import type { Kv, KvListed } from "./kv.ts";

/** An item as it is stored. */
export interface StoredItem {
  readonly kind: "item";
  readonly seq: Seq;
  /** The item's own JSON, without flags. */
  readonly json: string;
  /** Length of `json` in UTF-8. */
  readonly bytes: number;
}

export interface StoredChange {
  readonly kind: "change";
  readonly seq: Seq;
  readonly change: Change;
}

export type LogEntry = StoredItem | StoredChange;

/** A part of a stream's past, ascending. */
export interface LogPage {
  readonly entries: readonly LogEntry[];
  /** Whatever there is up to here is in this page or an earlier one. */
  readonly through: Seq;
}

/**
 * Reads what a stream's head still lists. Rows can vanish after the head was read; then later events
 * say so, and the rows are simply left out here.
 */
export class LogReader {
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /**
   * The next part of what lies in `(after, head.seq]`: live items, and changes.
   *
   * @param head the stream's head; what it says is gone is left out
   * @param part `after` this number, and at most so many rows of each kind; `isThere`: whether a live
   * item is there for the reader
   */
  async page(
    stream: StreamName,
    head: Head,
    { after, rows: limit, isThere }: {
      after: Seq;
      rows: number;
      isThere: (seq: Seq) => boolean;
    },
  ): Promise<LogPage> {
    const seqs = head.live.seqsBetween(after, head.seq, limit);
    let through = seqs.length < limit ? head.seq : seqs.at(-1) ?? head.seq;
    let changes: StoredChange[] = [];
    if (hasChangeAfter(head, after)) {
      const range = ranges.log("change", { stream, epoch: head.epoch, after, upTo: through });
      const rows = await this.#kv.list(range, { limit });
      changes = rows.map((row) => ({
        kind: "change",
        seq: seqOf(row),
        change: changeCodec.decode(row.value),
      }));
      if (changes.length === limit) through = changes.at(-1)?.seq ?? through;
    }
    const items = await this.items(
      stream,
      head,
      seqs.filter((seq) => seq <= through && isThere(seq)),
    );
    const entries = [...items, ...changes].sort((a, b) => a.seq - b.seq);
    return { entries, through };
  }

  /** Those of the items that are still stored, ascending. @param seqs ascending, live in `head` */
  async items(stream: StreamName, head: Head, seqs: readonly Seq[]): Promise<StoredItem[]> {
    const items: StoredItem[] = [];
    const rows = await this.#itemRows(stream, head.epoch, seqs);
    for (const seq of seqs) {
      const value = rows.get(seq);
      if (value === undefined || !head.live.has(seq)) continue;
      items.push({ kind: "item", seq, json: text(value), bytes: value.length });
    }
    return items;
  }

  /** One range where the items lie close together, else key by key. */
  async #itemRows(
    stream: StreamName,
    epoch: string,
    seqs: readonly Seq[],
  ): Promise<Map<Seq, Uint8Array>> {
    const found = new Map<Seq, Uint8Array>();
    const first = seqs[0];
    const last = seqs.at(-1);
    if (first === undefined || last === undefined) return found;
    if (last - first < seqs.length * 2) {
      const range = ranges.log("item", { stream, epoch, after: first - 1, upTo: last });
      const rows = await this.#kv.list(range, { limit: last - first + 1 });
      for (const row of rows) found.set(seqOf(row), row.value);
      return found;
    }
    const rows = await this.#kv.getMany(seqs.map((seq) => keys.item(stream, epoch, seq)));
    rows.forEach(({ value }, i) => {
      if (value !== null) found.set(seqs[i] as Seq, value);
    });
    return found;
  }
}

function seqOf(row: KvListed): Seq {
  return row.key[3] as Seq;
}
