import type { Scope } from "./messages.ts";
import type { Notification } from "./types.ts";

/** What a change makes of an item; undefined for one that is gone. */
function changed(item: Notification, op: string): Notification | undefined {
  switch (op) {
    case "read":
      return item.read ? item : { ...item, read: true };
    case "unread":
      return item.read ? { ...item, read: false } : item;
    case "seen":
      return item.seen ? item : { ...item, seen: true };
    case "archive":
      return item.archived ? item : { ...item, archived: true };
    case "unarchive":
      return item.archived ? { ...item, archived: false } : item;
    case "delete":
    case "replace":
    case "expire":
    case "recall":
      return undefined;
    default:
      return item;
  }
}

/**
 * Items of one stream after a change. Those that stay as they are stay the same objects, and so does
 * the list where all do.
 */
export function applyChange(
  items: readonly Notification[],
  { op, items: named, upTo }: Scope & { readonly op: string },
): readonly Notification[] {
  // Seeing one means having seen what came before it.
  const limit = upTo ?? (op === "seen" ? Math.max(0, ...named ?? []) : undefined);
  const wanted = limit === undefined ? new Set(named) : undefined;
  let touched = false;
  const after = items.flatMap((item) => {
    if (wanted === undefined ? item.seq > (limit as number) : !wanted.has(item.seq)) return [item];
    const now = changed(item, op);
    touched ||= now !== item;
    return now === undefined ? [] : [now];
  });
  return touched ? after : items;
}
