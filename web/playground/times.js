// @ts-check

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/**
 * Fills a `<time>`: the time of day for today, the date for what is older; all of it on hovering.
 *
 * @param {HTMLTimeElement} time
 * @param {string} rfc3339
 */
export function showTime(time, rfc3339) {
  const date = new Date(rfc3339);
  const isToday = date.toDateString() === new Date().toDateString();
  time.dateTime = rfc3339;
  time.textContent = (isToday ? CLOCK : DAY).format(date);
  time.title = FULL.format(date);
}

/**
 * The time of day, for a log.
 *
 * @param {Date} date
 */
export function clockTime(date) {
  return CLOCK.format(date);
}
