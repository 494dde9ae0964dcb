import type { Bound, Row } from "../measures.ts";

/** A number with three significant digits, thousands separated; `–` where there is none. */
export function shown(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  if (value >= 100) return Math.round(value).toLocaleString("en-GB");
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** A number with its unit. */
export function withUnit(value: number | undefined, unit: Row["unit"]): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  return unit === "/s" ? `${shown(value)}/s` : `${shown(value)} ${unit}`.trimEnd();
}

/** `≥ 9,000`, `≤ 1.2`. */
export function boundShown(bound: Bound): string {
  const [sign, limit] = "atLeast" in bound ? ["≥", bound.atLeast] : ["≤", bound.atMost];
  return `${sign} ${limit.toLocaleString("en-GB")}`;
}

/** Whether a number keeps to its bound. */
export function keeps(value: number, bound: Bound): boolean {
  return "atLeast" in bound ? value >= bound.atLeast : value <= bound.atMost;
}
