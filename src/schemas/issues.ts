import type { z } from "zod";
import { ExactData, type Steps } from "../encoding/exact_data.ts";
import { Unkept } from "../encoding/unkept.ts";
import type { Issue } from "../errors.ts";

const MAX_ISSUES = 20;
const MAX_PATH_LENGTH = 64;

/**
 * Words for what zod found, without anything of what was submitted: of an unknown field only a name
 * that looks like one is told, since it is what the caller has to look for. One issue a field: what
 * zod finds after the first is mostly a consequence of it.
 *
 * @param issues zod's issues
 * @param value what was parsed: tells a missing field from one of the wrong type
 */
export function describeIssues(issues: readonly z.core.$ZodIssue[], value: unknown): Issue[] {
  const byPath = new Map<string, Issue>();
  for (const issue of issues.slice(0, MAX_ISSUES).flatMap((issue) => describe(issue, value))) {
    if (!byPath.has(issue.path)) byPath.set(issue.path, issue);
  }
  return [...byPath.values()].slice(0, MAX_ISSUES);
}

function describe(issue: z.core.$ZodIssue, value: unknown): Issue[] {
  const at = valueAt(issue.path, value);
  if (at instanceof Unkept) return [{ path: fieldPath(issue.path), message: at.message }];
  if (at instanceof ExactData && at.issues.length > 0) {
    return at.issues.map(({ steps, message }) => ({
      path: fieldPath([...issue.path, ...nameable(steps)]),
      message,
    }));
  }
  if (issue.code === "unrecognized_keys") {
    return issue.keys.slice(0, MAX_ISSUES).map((key) => ({
      path: fieldPath(isFieldName(key) ? [...issue.path, key] : issue.path),
      message: isFieldName(key) ? "is not a known field" : "has a field that is not known",
    }));
  }
  const path = fieldPath(issue.path);
  if (at === undefined && issue.path.length > 0) return [{ path, message: "is required" }];
  return [{ path, message: wording(issue) }];
}

function wording(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${TYPES[issue.expected] ?? "of another type"}`;
    case "invalid_value":
      return issue.values.length === 1
        ? `must be ${String(issue.values[0])}`
        : `must be one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return `must be at least ${issue.minimum}${UNITS[issue.origin] ?? ""}`;
    case "too_big":
      return `must be at most ${issue.maximum}${UNITS[issue.origin] ?? ""}`;
    case "custom":
    case "invalid_format":
      return issue.message;
    default:
      return "is not valid";
  }
}

const TYPES: Record<string, string> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  array: "a list",
};

const UNITS: Record<string, string> = { string: " characters", array: " entries" };

function isFieldName(key: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(key);
}

function fieldPath(path: readonly PropertyKey[]): string {
  return path.map(String).join(".").slice(0, MAX_PATH_LENGTH);
}

/** What is at a path; undefined where it is missing, null where there is nothing it could be in. */
function valueAt(path: readonly PropertyKey[], value: unknown): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== "object" || at === null) return null;
    at = Object.hasOwn(at, step) ? (at as Record<PropertyKey, unknown>)[step] : undefined;
  }
  return at;
}

/** The steps as far as they look like names of fields. */
function nameable(steps: Steps): Steps {
  const end = steps.findIndex((step) => typeof step === "string" && !isFieldName(step));
  return end === -1 ? steps : steps.slice(0, end);
}
