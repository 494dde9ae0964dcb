import type { Scope } from "./messages.ts";
import type { Notification } from "./notification.ts";

/** The flag that a change sets, or takes away where it begins with `un`; null where the item goes. */
const EFFECTS: Readonly<Record<string, "read" | "seen" | "archived" | null | undefined>> = {
  read: "read",
  unread: "read",
  seen: "seen",
  archive: "archived",
  unarchive: "archived",
  delete: null,
  replace: null,
  expire: null,
  recall: null,
};

/** Items of one stream after a change. Those that stay as they are stay the same objects. */
export function applyChange(
  items: readonly Notification[],
  { op, items: named = [], upTo }: Scope & { readonly op: string },
): readonly Notification[] {
  const flag = EFFECTS[op];
  if (flag === undefined) return items;
  const value = !op.startsWith("un");
  // Seeing one means having seen what came before it.
  const limit = upTo ?? (op === "seen" ? Math.max(...named) : -1);
  const wanted = new Set(named);
  return items.flatMap((item) => {
    if (item.seq > limit && !wanted.has(item.seq)) return item;
    if (flag === null) return [];
    return item[flag] === value ? item : { ...item, [flag]: value };
  });
}
