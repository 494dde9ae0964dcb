const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const DURATION = /^(\d{1,10}) *(s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?|w|weeks?)?$/i;

/**
 * Reads a length of time such as `30 days`, `12h` or `90m`; a bare number is seconds.
 *
 * @returns milliseconds, or undefined
 *
 * @example
 * ```ts
 * parseDuration("1h"); // 3_600_000
 * ```
 */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text.trim());
  if (match === null) return undefined;
  const unit = UNITS[match[2]?.charAt(0).toLowerCase() ?? "s"];
  return unit === undefined ? undefined : Number(match[1]) * unit * 1000;
}
