import { z } from "zod";
import { text } from "./text.ts";

// A browser drops tabs and line breaks from a URL and reads a backslash as a slash, so that
// `/\evil.example` would leave the site.
// deno-lint-ignore no-control-regex -- control characters are what it is about
const UNSAFE = /[\u0000-\u0020\u007f\\]/;

/** Whether a link is an http(s) URL, or a path on the page's own site. */
export function isSafeLink(value: string): boolean {
  if (UNSAFE.test(value)) return false;
  if (value.startsWith("/")) return !value.startsWith("//");
  return /^https?:\/\//i.test(value) && URL.canParse(value);
}

/**
 * Where a notification or an action leads: never `javascript:` or another scheme that runs in the
 * reader's page.
 *
 * @param max the most characters
 */
export function link(max: number): z.ZodString {
  return text(max).refine(isSafeLink, {
    error: "must be an http(s) URL, or a path that starts with a single /",
  });
}
