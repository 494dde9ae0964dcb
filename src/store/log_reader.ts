import type { Change } from "../domain/event.ts";
import type { Head } from "../domain/head.ts";
import type { Seq } from "../domain/item.ts";
import { hasChangeAfter } from "../domain/resume.ts";
import type { StreamName } from "../domain/stream_name.ts";
import { CorruptRecord, text } from "./codec/bytes.ts";
import { changeCodec, parseRecord } from "./codec/records.ts";
import { keys, ranges } from "./keys.ts";
import type { Kv, KvListed } from "../kv/kv.ts";
import type { RowReader } from "./rows.ts";

/** An item as it is stored. */
export interface StoredItem {
  readonly kind: "item";
  readonly seq: Seq;
  /** The item's own JSON, without flags. */
  readonly json: string;
  /** Length of `json` in UTF-8. */
  readonly bytes: number;
  /** What the JSON says that lists go by. */
  readonly said: { readonly publishedAt: string; readonly category: string };
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
  /** Whether every change could be read. Else a device has to start over: the head holds the outcome. */
  readonly isComplete: boolean;
}

/**
 * Reads what a stream's head still lists. Rows can vanish after the head was read; then later events
 * say so, and the rows are simply left out here. So are items that cannot be read.
 */
export class LogReader {
  readonly #kv: Kv;
  readonly #rows: RowReader;

  constructor(kv: Kv, rows: RowReader) {
    this.#kv = kv;
    this.#rows = rows;
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
    const changes: StoredChange[] = [];
    let isComplete = true;
    if (hasChangeAfter(head, after)) {
      const range = ranges.log("change", { stream, epoch: head.epoch, after, upTo: through });
      const rows = await this.#kv.list(range, { limit });
      for (const row of rows) {
        const change = this.#rows.read(row, () => changeCodec.decode(row.value));
        if (change === undefined) isComplete = false;
        else changes.push({ kind: "change", seq: seqOf(row), change });
      }
      const last = rows.length === limit ? rows.at(-1) : undefined;
      if (last !== undefined) through = seqOf(last);
    }
    const items = await this.items(
      stream,
      head,
      seqs.filter((seq) => seq <= through && isThere(seq)),
    );
    const entries = [...items, ...changes].sort((a, b) => a.seq - b.seq);
    return { entries, through, isComplete };
  }

  /**
   * Those of the items that are still stored and can be read, ascending.
   *
   * @param seqs ascending, live in `head`
   */
  async items(stream: StreamName, head: Head, seqs: readonly Seq[]): Promise<StoredItem[]> {
    const items: StoredItem[] = [];
    const rows = await this.#itemRows(stream, head.epoch, seqs);
    for (const seq of seqs) {
      const value = rows.get(seq);
      if (value === undefined || !head.live.has(seq)) continue;
      const key = keys.item(stream, head.epoch, seq);
      const item = this.#rows.read({ key }, () => storedItem(seq, value));
      if (item !== undefined) items.push(item);
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

/** An item goes into messages as it is stored, so it is parsed once to be sure of it. */
function storedItem(seq: Seq, value: Uint8Array): StoredItem {
  const json = text(value);
  const item = parseRecord(json) as Partial<StoredItem["said"]>;
  // Fields are added behind those that there are, so there has to be one.
  if (Array.isArray(item) || Object.keys(item).length === 0) {
    throw new CorruptRecord("A record is no notification");
  }
  const { publishedAt = "", category = "" } = item;
  return { kind: "item", seq, json, bytes: value.length, said: { publishedAt, category } };
}

function seqOf(row: KvListed): Seq {
  return row.key[3] as Seq;
}
