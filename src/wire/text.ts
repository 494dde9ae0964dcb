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

/** Whether a value is such a string. */
export function isText(value: unknown, max: number, min = 1): value is string {
  if (typeof value !== "string") return false;
  if (value.length < min || value.length > 2 * max || !value.isWellFormed()) return false;
  return value.length <= max || [...value].length <= max;
}
