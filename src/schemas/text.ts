import { z } from "zod";

/**
 * A string of so many characters, counted as people and JSON Schema count them: by code point, not
 * by UTF-16 unit. Half a surrogate pair is no character and refused.
 *
 * @param max the most characters
 * @param min the fewest, 1 unless told
 */
export function text(max: number, min = 1): z.ZodString {
  const range = min === 0 ? `at most ${max}` : `${min}–${max}`;
  return z.string()
    .refine((value) => isText(value, max, min), { error: `must be ${range} characters` })
    .meta({ ...(min === 0 ? {} : { minLength: min }), maxLength: max });
}

/** Neither white space nor a character that is not shown: a zero-width space, a filler, a blank. */
const SEEN = /[^\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** A string of 1 to so many characters of which at least one can be seen. */
export function seenText(max: number): z.ZodString {
  return text(max).refine((value) => SEEN.test(value), {
    error: "must have a character that can be seen",
  });
}

/** Whether a value is such a string. */
export function isSeenText(value: unknown, max: number): value is string {
  return isText(value, max) && SEEN.test(value);
}

/** Whether a value is a string that {@link text} takes. */
export function isText(value: unknown, max: number, min = 1): value is string {
  if (typeof value !== "string") return false;
  if (value.length < min || value.length > 2 * max || !value.isWellFormed()) return false;
  return value.length <= max || [...value].length <= max;
}
