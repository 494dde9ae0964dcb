import type { DayMark } from "./head.ts";
import type { Seq } from "./item.ts";

export const DAY_MS = 86_400_000;

/** The day, counted from 1970-01-01 UTC, on which a time in milliseconds falls. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}

/** When a day begins, in milliseconds since the epoch. */
export function startOfDay(day: number): number {
  return day * DAY_MS;
}

/** Clocks of instances that differ by a moment at midnight are no reason to change what is noted. */
const AHEAD_MAX_DAYS = 1;

/**
 * The marks once an event is numbered.
 *
 * Marks never run backwards. But where a clock was days ahead when events were numbered, and has been
 * set right since, those events count as of today: else retention would keep them, and whatever comes
 * after them, until the wrong days have passed.
 *
 * @param days ascending
 * @param day on which the event falls, by the clock
 * @param seq of the event
 */
export function recordDay(days: readonly DayMark[], day: number, seq: Seq): readonly DayMark[] {
  const last = days.at(-1);
  if (last === undefined || last.day < day) return [...days, { day, first: seq }];
  if (last.day <= day + AHEAD_MAX_DAYS) return days;
  const past = days.filter((mark) => mark.day <= day + AHEAD_MAX_DAYS);
  const first = days[past.length]?.first ?? seq;
  const latest = past.at(-1);
  return latest !== undefined && latest.day >= day ? past : [...past, { day, first }];
}
