import type { Head } from "../../domain/head.ts";
import { LiveItems } from "../../domain/live_items.ts";
import { ByteReader, ByteWriter, CorruptRecord } from "./bytes.ts";

/** First byte of an encoded head; another layout gets another. */
const VERSION = 1;

/**
 * A head as bytes. Seqs are written as differences to the one before, so that a live item with its
 * two flags takes one byte where items lie close, and at most three a quarter of a million apart.
 */
export function encodeHead(head: Head): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(64 + head.live.size * 2 + head.changes.blocks.length * 4);
  out.uint(VERSION);
  out.string(head.epoch);
  out.uint(head.seq);
  out.uint(head.seenUpTo);
  out.uint(head.swept);
  out.uint(head.dead);
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
  const { packed } = head.live;
  out.uint(packed.length);
  let base = 0;
  for (let i = 0; i < packed.length; i++) {
    const value = packed[i] as number;
    // The difference of the seqs, four times, with the flags of this item.
    out.uint(value - base);
    base = value - value % 4;
  }
  return out.finish();
}

/** The head that {@link encodeHead} wrote; throws {@link CorruptRecord} where it was something else. */
export function decodeHead(bytes: Uint8Array): Head {
  const from = new ByteReader(bytes);
  const version = from.uint();
  if (version !== VERSION) {
    throw new CorruptRecord(
      `A stream's head has version ${version}; this Bellwire reads ${VERSION}. Run a newer one.`,
    );
  }
  const epoch = from.string();
  const seq = from.uint();
  const seenUpTo = from.uint();
  const swept = from.uint();
  const dead = from.uint();
  const floor = from.uint();
  let last = floor;
  const blocks = times(from.uint(), () => {
    last += from.uint();
    return { last, count: from.uint() };
  });
  let day = 0;
  let first = 0;
  const days = times(from.uint(), () => {
    day += from.uint();
    first += from.uint();
    return { day, first };
  });
  const routes = times(from.uint(), () => from.string());
  let base = 0;
  const packed = times(from.uint(), () => {
    const value = base + from.uint();
    base = value - value % 4;
    return value;
  });
  return {
    epoch,
    seq,
    changes: { floor, blocks },
    live: LiveItems.fromPacked(packed),
    seenUpTo,
    days,
    swept,
    dead,
    routes,
  };
}

function times<T>(count: number, read: () => T): T[] {
  const values: T[] = [];
  for (let i = 0; i < count; i++) values.push(read());
  return values;
}
