import type { z } from "zod";

/** As many items as an inbox can hold. */
export const ITEMS_MAX = 10_000;

/** What the schema is given in the place of a list that is known to be good. */
const GOOD: readonly number[] = [1];

type Parsed<T> =
  | { readonly success: true; readonly data: T }
  | { readonly success: false; readonly error: { readonly issues: readonly z.core.$ZodIssue[] } };

/**
 * Parses a value whose `items`, if it has any, are a list of thousands of numbers. The list is checked
 * here, since a schema takes a hundred times as long for each of them, and far longer where each is
 * wrong. Of a bad list only the first fault is told.
 *
 * @param parse the schema's `safeParse`; it sees a list of one in the place of the real one
 */
export function parseWithItems<T>(value: unknown, parse: (value: unknown) => Parsed<T>): Parsed<T> {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "items")) {
    return parse(value);
  }
  const { items } = value as { items: unknown };
  if (!Array.isArray(items) || items.length === 0) return parse(value);
  if (items.length > ITEMS_MAX) {
    const issue = { code: "too_big", origin: "array", maximum: ITEMS_MAX, path: ["items"] };
    return { success: false, error: { issues: [issue as z.core.$ZodIssue] } };
  }
  const bad = items.findIndex((item) => !Number.isSafeInteger(item) || item < 1);
  const parsed = parse({ ...value, items: bad === -1 ? GOOD : [items[bad]] });
  if (parsed.success) {
    // Messages of other types have no items, and their schema has left them out.
    const isKept = Object.hasOwn(parsed.data as object, "items");
    return isKept ? { success: true, data: { ...parsed.data, items } } : parsed;
  }
  const issues = parsed.error.issues.map((issue) =>
    issue.path[0] === "items" && issue.path.length > 1
      ? { ...issue, path: ["items", bad, ...issue.path.slice(2)] }
      : issue
  );
  return { success: false, error: { issues } };
}
