import type { Head } from "../../domain/head.ts";
import { LiveItems } from "../../domain/live_items.ts";
import { ByteReader, ByteWriter, CorruptRecord, unknownLayout } from "./bytes.ts";

/** First byte of an encoded head; another layout gets another. */
const VERSION = 2;
/** Heads of before there were topics. */
const WITHOUT_TOPICS = 1;

/** More than any head has: a KV value of 64 KiB holds no more, but for runs of items. */
const COUNT_MAX = 65_536;
/** Well above the largest inbox that can be configured. */
const ITEMS_MAX = 100_000;

/** Set where a run of items follows, not a single one. */
const RUN = 1;

/**
 * A head as bytes. Numbers are written as differences to the one before. Neighbouring live items with
 * the same flags are one run, so the head of an inbox that is read from top to bottom takes some
 * sixty bytes however many items it has, and a small head is what commits are fast with. At worst an
 * item takes a byte where items lie close, and three a quarter of a million apart.
 */
export function encodeHead(head: Head): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  out.uint(VERSION);
  out.string(head.epoch);
  out.uint(head.seq);
  out.uint(head.seenUpTo);
  out.uint(head.swept);
  out.uint(head.dead);
  out.uint(head.topics.everyoneFrom);
  out.uint(head.topics.count);
  out.uint(head.topics.changedAt);
  out.uint(head.changes.floor);
  out.uint(head.changes.blocks.length);
  let before = head.changes.floor;
  for (const block of head.changes.blocks) {
    out.uint(block.last - before);
    out.uint(block.count);
    before = block.last;
  }
  out.uint(head.days.length);
  let dayBefore = 0;
  let firstBefore = 0;
  for (const { day, first } of head.days) {
    out.uint(day - dayBefore);
    out.uint(first - firstBefore);
    dayBefore = day;
    firstBefore = first;
  }
  out.uint(head.routes.length);
  for (const route of head.routes) out.string(route);
  writeLive(out, head.live.packed);
  return out.finish();
}

/** The head that {@link encodeHead} wrote; throws {@link CorruptRecord} where it was something else. */
export function decodeHead(bytes: Uint8Array): Head {
  const from = new ByteReader(bytes);
  const version = from.uint();
  if (version !== VERSION && version !== WITHOUT_TOPICS) {
    throw unknownLayout("A stream's head", { found: version, newest: VERSION });
  }
  const epoch = from.string();
  const seq = from.uint();
  const seenUpTo = from.uint();
  const swept = from.uint();
  const dead = from.uint();
  const topics = version === WITHOUT_TOPICS
    ? { everyoneFrom: 0, count: 0, changedAt: 0 }
    : { everyoneFrom: from.uint(), count: from.uint(), changedAt: from.uint() };
  const floor = from.uint();
  let last = floor;
  const blocks = times(from.count(COUNT_MAX), () => {
    last += from.uint();
    return { last, count: from.uint() };
  });
  let day = 0;
  let first = 0;
  const days = times(from.count(COUNT_MAX), () => {
    day += from.uint();
    first += from.uint();
    return { day, first };
  });
  const routes = times(from.count(COUNT_MAX), () => from.string());
  const packed = readLive(from);
  from.end();
  if (![last, first, packed.at(-1) ?? 0].every(Number.isSafeInteger)) {
    throw new CorruptRecord("A number is too large");
  }
  return {
    epoch,
    seq,
    changes: { floor, blocks },
    live: LiveItems.fromPacked(packed),
    seenUpTo,
    days,
    swept,
    dead,
    topics,
    routes,
  };
}

function writeLive(out: ByteWriter, packed: readonly number[]): void {
  out.uint(packed.length);
  let end = 0;
  for (let i = 0; i < packed.length;) {
    const first = packed[i] as number;
    // Neighbours of a run differ by one seq, which is four in a packed number.
    let next = i + 1;
    while (next < packed.length && packed[next] === first + (next - i) * 4) next++;
    const seq = Math.floor(first / 4);
    const isRun = next - i > 1;
    out.uint((seq - end) * 8 + (first % 4) * 2 + (isRun ? RUN : 0));
    if (isRun) out.uint(next - i);
    end = seq + (next - i - 1);
    i = next;
  }
}

function readLive(from: ByteReader): number[] {
  const count = from.count(ITEMS_MAX);
  const packed: number[] = [];
  let end = 0;
  while (packed.length < count) {
    const value = from.uint();
    const length = value % 2 === RUN ? from.uint() : 1;
    const first = (end + Math.floor(value / 8)) * 4 + Math.floor(value / 2) % 4;
    if (length < 1 || packed.length + length > count) {
      throw new CorruptRecord("A run of live items is longer than their number");
    }
    if (packed.length > 0 && value < 8) throw new CorruptRecord("Live items don't ascend");
    for (let i = 0; i < length; i++) packed.push(first + i * 4);
    end = Math.floor(first / 4) + length - 1;
  }
  return packed;
}

function times<T>(count: number, read: () => T): T[] {
  const values: T[] = [];
  for (let i = 0; i < count; i++) values.push(read());
  return values;
}
