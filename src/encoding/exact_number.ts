import { NOT_FINITE, TOO_LARGE_WHOLE, TOO_MANY_DIGITS, type Unkept } from "./unkept.ts";

/** A decimal of so many digits comes back from a 64-bit float as it was, unless it is next to zero. */
const SAFE_DIGITS = 15;
const NEXT_TO_ZERO = 1e-300;

/**
 * Whether a number in a text comes out of a 64-bit float as it went in, since that is what a browser
 * and most other readers make of it. What is kept:
 *
 * - a whole number from -(2^53 - 1) to 2^53 - 1;
 * - a number with a fraction or an exponent that is what programs write for a 64-bit float: the
 *   shortest decimal that gives the float, or the one of 17 digits. Zeros at the end don't count.
 *
 * A larger whole number is refused even where a float holds it: of identifiers of 19 digits one in a
 * few hundred would pass, and the fault would show in production only.
 *
 * @param source as JSON writes numbers
 * @returns the number, or why it can't be kept
 */
export function exactNumber(source: string): number | Unkept {
  const number = Number(source);
  if (!Number.isFinite(number)) return NOT_FINITE;
  if (source.length <= SAFE_DIGITS && Math.abs(number) > NEXT_TO_ZERO) return number;
  if (!/[.eE]/.test(source)) return Number.isSafeInteger(number) ? number : TOO_LARGE_WHOLE;
  const sent = normalized(source);
  const isKept = sent === normalized(String(number)) || sent === normalized(number.toPrecision(17));
  return isKept ? number : TOO_MANY_DIGITS;
}

/** One text for all ways to write a decimal: its digits without zeros at the ends, and its exponent. */
function normalized(source: string): string {
  const [, sign = "", whole = "", fraction = "", power = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const exponent = Number(power) - fraction.length + digits.length - significant.length;
  return `${sign}${significant}e${exponent}`;
}

/**
 * A finite float as JSON. Beyond 2^53 it has an exponent, so that no reader takes the decimal for the
 * exact digits of a whole number.
 */
export function floatText(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const isLarge = Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLarge ? value.toExponential() : String(value);
}
