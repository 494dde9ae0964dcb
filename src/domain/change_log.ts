import type { Seq } from "./item.ts";

/** A run of consecutive changes: how many there are, and the number of the last. */
export interface ChangeBlock {
  readonly last: Seq;
  readonly count: number;
}

/** The changes of a stream that are still kept, as counts by block. */
export interface ChangeLog {
  /** Every change numbered above it is kept; a device with an older cursor has to start anew. */
  readonly floor: Seq;
  readonly blocks: readonly ChangeBlock[];
}

/** Blocks that the permitted number of changes is divided into; so much of it goes at a time. */
const BLOCKS = 16;

export const EMPTY_CHANGE_LOG: ChangeLog = { floor: 0, blocks: [] };

/** How many changes are kept. */
export function changesKept(log: ChangeLog): number {
  return log.blocks.reduce((sum, block) => sum + block.count, 0);
}

/** The number of the newest change that is kept, or 0. */
export function lastChange(log: ChangeLog): Seq {
  return log.blocks.at(-1)?.last ?? 0;
}

/**
 * Notes one more change. Above `max` the oldest block goes and the floor rises to its end, so the
 * number kept stays between 15/16 of `max` and `max` without the head listing each change.
 */
export function recordChange(log: ChangeLog, seq: Seq, max: number): ChangeLog {
  const blockSize = Math.max(1, Math.floor(max / BLOCKS));
  const blocks = log.blocks.slice();
  const open = blocks.at(-1);
  if (open !== undefined && open.count < blockSize) {
    blocks[blocks.length - 1] = { last: seq, count: open.count + 1 };
  } else {
    blocks.push({ last: seq, count: 1 });
  }
  let kept = blocks.reduce((sum, block) => sum + block.count, 0);
  let floor = log.floor;
  while (kept > max) {
    const gone = blocks.shift() as ChangeBlock;
    kept -= gone.count;
    floor = gone.last;
  }
  return { floor, blocks };
}

/**
 * Raises the floor to at least `seq`. A block that reaches above it stays whole in the counts; its
 * changes up to the floor only count for less room than there is.
 */
export function raiseFloor(log: ChangeLog, seq: Seq): ChangeLog {
  if (seq <= log.floor) return log;
  return { floor: seq, blocks: log.blocks.filter((block) => block.last > seq) };
}
