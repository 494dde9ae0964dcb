import type { LiveEvent } from "./event.ts";
import { ascending, type ItemFlags, type Seq } from "./item.ts";

const UNREAD = 1;
const ARCHIVED = 2;

/** Two searches of a range take about so many steps. */
const STEPS_OF_SEARCH = 24;

/** What a mark does to an item's flags. */
export type FlagChange = "read" | "unread" | "archive" | "unarchive";

/**
 * The live items of a stream in ascending order, each with an unread and an archived flag.
 *
 * Immutable. An item is one number, `seq * 4 + flags`, so that a thousand items are one small array
 * of integers that is cheap to copy, to search and to encode; seqs stay exact up to 2^51.
 */
export class LiveItems {
  static readonly EMPTY = new LiveItems([], 0);

  private constructor(
    /** Ascending `seq * 4 + flags`; for codecs. */
    readonly packed: readonly number[],
    /** How many are neither read nor archived. */
    readonly unread: number,
  ) {}

  /** @param packed ascending `seq * 4 + flags`, as {@link LiveItems.packed} gives it */
  static fromPacked(packed: readonly number[]): LiveItems {
    return packed.length === 0 ? LiveItems.EMPTY : new LiveItems(packed, countUnread(packed, 0));
  }

  get size(): number {
    return this.packed.length;
  }

  /** The seq of the oldest live item, if there is one. */
  get oldest(): Seq | undefined {
    const first = this.packed[0];
    return first === undefined ? undefined : seqOf(first);
  }

  /** How many are neither read nor archived and numbered above `seenUpTo`. */
  unseen(seenUpTo: Seq): number {
    if (seenUpTo < (this.oldest ?? 0)) return this.unread;
    return countUnread(this.packed, this.indexAfter(seenUpTo));
  }

  has(seq: Seq): boolean {
    return this.find(seq) !== -1;
  }

  /** How many lie in `(after, upTo]`. */
  countBetween(after: Seq, upTo: Seq): number {
    return Math.max(0, this.indexAfter(upTo) - this.indexAfter(after));
  }

  /**
   * How many lie above `after` and in none of the ranges.
   *
   * @param ranges ascending, apart from each other
   */
  countOutside(ranges: readonly { readonly from: Seq; readonly to: Seq }[], after: Seq): number {
    let count = this.countBetween(after, Infinity);
    if (ranges.length * STEPS_OF_SEARCH < this.packed.length) {
      for (const { from, to } of ranges) count -= this.countBetween(Math.max(after, from - 1), to);
      return count;
    }
    // With thousands of ranges, one walk along both takes a fraction of two searches for each.
    let next = 0;
    for (let i = this.indexAfter(after); i < this.packed.length; i++) {
      const seq = seqOf(this.packed[i] as number);
      while (next < ranges.length && (ranges[next] as { to: Seq }).to < seq) next++;
      if (next === ranges.length) break;
      if ((ranges[next] as { from: Seq }).from <= seq) count--;
    }
    return count;
  }

  /** The oldest one numbered above `seq`. */
  firstAfter(seq: Seq): Seq | undefined {
    const value = this.packed[this.indexAfter(seq)];
    return value === undefined ? undefined : seqOf(value);
  }

  /** The newest one numbered up to `seq`. */
  lastUpTo(seq: Seq): Seq | undefined {
    const value = this.packed[this.indexAfter(seq) - 1];
    return value === undefined ? undefined : seqOf(value);
  }

  /** The flags of a live item, or undefined where `seq` is not one. */
  flags(seq: Seq, seenUpTo: Seq): ItemFlags | undefined {
    const value = this.packed[this.find(seq)];
    return value === undefined ? undefined : flagsOf(value, seenUpTo);
  }

  /** Live seqs in `(after, upTo]`, ascending, at most `limit`. */
  seqsBetween(after: Seq, upTo: Seq, limit: number): Seq[] {
    const seqs: Seq[] = [];
    for (let i = this.indexAfter(after); i < this.packed.length && seqs.length < limit; i++) {
      const seq = seqOf(this.packed[i] as number);
      if (seq > upTo) break;
      seqs.push(seq);
    }
    return seqs;
  }

  /** Live items below `before`, newest first, with their flags; stops where `visit` returns false. */
  visitNewestFirst(
    before: Seq,
    seenUpTo: Seq,
    visit: (seq: Seq, flags: ItemFlags) => boolean,
  ): void {
    for (let i = this.indexAfter(before - 1) - 1; i >= 0; i--) {
      const value = this.packed[i] as number;
      if (!visit(seqOf(value), flagsOf(value, seenUpTo))) return;
    }
  }

  /** With a new, unread item at the end; `seq` is above all others. */
  append(seq: Seq): LiveItems {
    // `concat` allocates what is needed; a push onto a copy grows it by half, for as long as it lives.
    return new LiveItems(this.packed.concat([seq * 4 + UNREAD]), this.unread + 1);
  }

  /** Without the oldest `count` items. */
  dropOldest(count: number): LiveItems {
    const dropped = countUnread(this.packed, 0, count);
    return new LiveItems(this.packed.slice(count), this.unread - dropped);
  }

  /** Without those of `seqs` that are live, which are returned too, ascending. */
  remove(seqs: readonly Seq[]): { live: LiveItems; removed: Seq[] } {
    const gone: number[] = [];
    for (const seq of ascending(seqs)) {
      const index = this.find(seq);
      if (index !== -1) gone.push(index);
    }
    if (gone.length === 0) return { live: this, removed: [] };
    const values = gone.map((index) => this.packed[index] as number);
    const packed = this.packed.slice();
    let to = gone[0] as number;
    let next = 0;
    for (let from = to; from < packed.length; from++) {
      if (from === gone[next]) next++;
      else packed[to++] = packed[from] as number;
    }
    packed.length = to;
    const live = new LiveItems(packed, this.unread - countUnread(values, 0));
    return { live, removed: values.map(seqOf) };
  }

  /**
   * Changes a flag of those of `seqs` that are live and have it otherwise, which are returned too,
   * ascending.
   */
  mark(seqs: readonly Seq[], change: FlagChange): { live: LiveItems; marked: Seq[] } {
    const marked: Seq[] = [];
    const packed = this.packed.slice();
    let unread = this.unread;
    for (const seq of ascending(seqs)) {
      const index = this.find(seq);
      if (index === -1) continue;
      const before = (packed[index] as number) % 4;
      const after = changed(before, change);
      if (after === before) continue;
      packed[index] = seq * 4 + after;
      unread += Number(after === UNREAD) - Number(before === UNREAD);
      marked.push(seq);
    }
    return marked.length === 0
      ? { live: this, marked }
      : { live: new LiveItems(packed, unread), marked };
  }

  /** The index of the first item numbered above `seq`. */
  private indexAfter(seq: Seq): number {
    let low = 0;
    let high = this.packed.length;
    const limit = seq * 4 + 3;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.packed[middle] as number) <= limit) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private find(seq: Seq): number {
    const index = this.indexAfter(seq) - 1;
    const value = this.packed[index];
    return value !== undefined && seqOf(value) === seq ? index : -1;
  }
}

/**
 * A stream's live items after one more event, for whoever hears of the events and does not read the
 * head: the same ones that the head lists. Flags are left as they are, since a topic's items have none.
 */
export function liveAfter(live: LiveItems, event: LiveEvent): LiveItems {
  if (event.kind === "notification") {
    const appended = live.append(event.seq);
    return event.oldest === undefined
      ? appended
      : appended.dropOldest(appended.countBetween(0, event.oldest - 1));
  }
  const { change } = event;
  switch (change.op) {
    case "delete":
    case "replace":
    case "expire":
    case "recall":
      return "upTo" in change
        ? live.dropOldest(live.countBetween(0, change.upTo))
        : live.remove(change.items).live;
    default:
      return live;
  }
}

function seqOf(value: number): Seq {
  return Math.floor(value / 4);
}

function flagsOf(value: number, seenUpTo: Seq): ItemFlags {
  const flags = value % 4;
  return {
    read: (flags & UNREAD) === 0,
    seen: seqOf(value) <= seenUpTo,
    archived: (flags & ARCHIVED) !== 0,
  };
}

function changed(flags: number, change: FlagChange): number {
  switch (change) {
    case "read":
      return flags & ~UNREAD;
    case "unread":
      return flags | UNREAD;
    case "archive":
      return flags | ARCHIVED;
    case "unarchive":
      return flags & ~ARCHIVED;
  }
}

function countUnread(packed: readonly number[], from: number, to = packed.length): number {
  let count = 0;
  for (let i = from; i < to; i++) {
    if ((packed[i] as number) % 4 === UNREAD) count++;
  }
  return count;
}
