import { ascending, type Seq } from "./item.ts";
import type { LiveItems } from "./live_items.ts";

/** What a user has made of a topic's item; several may hold at once. */
export const READ = 1;
export const ARCHIVED = 2;
/** Gone for this user. */
export const DELETED = 4;

/** Items numbered from `from` to `to` that a user has marked alike; others may lie in between. */
export interface MarkRun {
  readonly from: Seq;
  readonly to: Seq;
  /** Of {@link READ}, {@link ARCHIVED} and {@link DELETED}; never 0. */
  readonly flags: number;
}

/** A user's marks on a topic's items: ascending runs that don't touch each other's numbers. */
export type Marks = readonly MarkRun[];

/** The flags that a user has given to an item; 0 where there are none. */
export function flagsAt(marks: Marks, seq: Seq): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((marks[middle] as MarkRun).to < seq) low = middle + 1;
    else high = middle;
  }
  const run = marks[low];
  return run !== undefined && run.from <= seq ? run.flags : 0;
}

/** Marks with the flags of `[from, to]` replaced by what `change` makes of them. */
export function changeRange(
  marks: Marks,
  { from, to }: { from: Seq; to: Seq },
  change: (flags: number) => number,
): Marks {
  const changed: MarkRun[] = [];
  let next = from;
  const put = (run: MarkRun) => append(changed, run);
  const fill = (upTo: Seq) => put({ from: next, to: upTo, flags: change(0) });
  for (const run of marks) {
    if (run.to < from) {
      put(run);
      continue;
    }
    if (run.from > to) {
      fill(to);
      next = to + 1;
      put(run);
      continue;
    }
    put({ ...run, to: Math.min(run.to, from - 1) });
    fill(Math.min(run.from - 1, to));
    put({
      from: Math.max(run.from, from),
      to: Math.min(run.to, to),
      flags: change(run.flags),
    });
    next = Math.min(run.to, to) + 1;
    put({ ...run, from: Math.max(run.from, to + 1) });
  }
  fill(to);
  return changed;
}

/** The same for some items, in one go however many they are. */
export function changeItems(
  marks: Marks,
  items: readonly Seq[],
  change: (flags: number) => number,
): Marks {
  const changed: MarkRun[] = [];
  let index = 0;
  let rest = marks[0];
  for (const item of ascending(items)) {
    while (rest !== undefined && rest.to < item) {
      append(changed, rest);
      rest = marks[++index];
    }
    if (rest === undefined || item < rest.from) {
      append(changed, { from: item, to: item, flags: change(0) });
      continue;
    }
    append(changed, { ...rest, to: item - 1 });
    append(changed, { from: item, to: item, flags: change(rest.flags) });
    rest = item < rest.to ? { ...rest, from: item + 1 } : marks[++index];
  }
  for (; rest !== undefined; rest = marks[++index]) append(changed, rest);
  return changed;
}

function append(runs: MarkRun[], run: MarkRun): void {
  if (run.from > run.to || run.flags === 0) return;
  const before = runs.at(-1);
  if (before?.flags === run.flags && before.to + 1 === run.from) {
    runs[runs.length - 1] = { ...before, to: run.to };
  } else runs.push(run);
}

/**
 * The same marks on live items, with as few runs as there can be: what concerns no live item goes, and
 * neighbours with no live item of other flags between them become one.
 */
export function tidyMarks(marks: Marks, live: LiveItems): Marks {
  const tidy: MarkRun[] = [];
  for (const { from, to, flags } of marks) {
    const first = live.firstAfter(from - 1);
    const last = live.lastUpTo(to);
    if (first === undefined || last === undefined || first > to) continue;
    const before = tidy.at(-1);
    if (before?.flags === flags && live.countBetween(before.to, first - 1) === 0) {
      tidy[tidy.length - 1] = { from: before.from, to: last, flags };
    } else {
      tidy.push({ from: first, to: last, flags });
    }
  }
  return tidy;
}
