export const DAY_MS = 86_400_000;

/** The day, counted from 1970-01-01 UTC, on which a time in milliseconds falls. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}

/** When a day begins, in milliseconds since the epoch. */
export function startOfDay(day: number): number {
  return day * DAY_MS;
}
