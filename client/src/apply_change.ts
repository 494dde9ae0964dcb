import type { Scope } from "./messages.ts";
import type { Notification } from "./types.ts";

/** What a change makes of an item: the flag that it sets, and to what; null where the item goes. */
const EFFECTS: Readonly<
  Record<string, readonly ["read" | "seen" | "archived", boolean] | null | undefined>
> = {
  read: ["read", true],
  unread: ["read", false],
  seen: ["seen", true],
  archive: ["archived", true],
  unarchive: ["archived", false],
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
  const effect = EFFECTS[op];
  if (effect === undefined) return items;
  // Seeing one means having seen what came before it.
  const limit = upTo ?? (op === "seen" ? Math.max(...named) : -1);
  const wanted = new Set(named);
  return items.flatMap((item) => {
    if (item.seq > limit && !wanted.has(item.seq)) return item;
    if (effect === null) return [];
    const [flag, value] = effect;
    return item[flag] === value ? item : { ...item, [flag]: value };
  });
}
