import { isUserId } from "../domain/stream_name.ts";
import { isSafeLink } from "./link.ts";
import {
  BODY_MAX,
  CATEGORY_PATTERN,
  isExact,
  LINK_MAX,
  type Notification,
  PRIORITIES,
  TITLE_MAX,
} from "./notification.ts";
import { isSeenText, isText } from "./text.ts";

/** Fields that most notifications have, and whether a value is one that the schema takes as it is. */
const FIELDS: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ["to", isOneUser],
  ["title", (value) => isSeenText(value, TITLE_MAX)],
  ["body", (value) => isText(value, BODY_MAX, 0)],
  ["url", (value) => isText(value, LINK_MAX) && isSafeLink(value)],
  ["category", (value) => typeof value === "string" && CATEGORY_PATTERN.test(value)],
  ["priority", (value) => PRIORITIES.some((priority) => priority === value)],
  ["data", isExact],
]);

/**
 * What `notificationSchema` makes of a notification to one user with none but the usual fields, in 1 µs
 * instead of 15 µs: the schema looks at every field that there could be. That is 3 % of the CPU time of a
 * publish (docs/decisions/optimisations.md).
 *
 * @param value as `parseJsonText` or `parseCbor` gave it
 * @returns undefined for any other value, of which the schema has to tell what it is
 */
export function usualNotification(value: unknown): Notification | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const fields = value as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    if (FIELDS.get(name)?.(fields[name]) !== true) return undefined;
  }
  if (!Object.hasOwn(fields, "to") || !Object.hasOwn(fields, "title")) return undefined;
  return { category: "general", priority: "normal", ...fields } as Notification;
}

function isOneUser(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { user } = value as { user?: unknown };
  const names = Object.keys(value);
  return names.length === 1 && names[0] === "user" && isUserId(user);
}
