import { applyChange } from "./apply_change.ts";
import { concerns, type Request, type State, type Stream } from "./state.ts";
import type { Counts, Notification } from "./types.ts";

/** What a user sees of a state: what was asked for counts as done already. */
export interface View {
  readonly items: readonly Notification[];
  readonly counts: Counts;
}

/** @param more requests that are not in the state yet */
export function view({ streams, counts, queue }: State, more: readonly Request[]): View {
  const shown = { ...streams };
  let { unread, unseen } = counts;
  const asked = new Set(queue.map(({ id }) => id));
  for (const request of [...queue, ...more.filter(({ id }) => !asked.has(id))]) {
    const { message } = request;
    if (message.type !== "mark") continue;
    const { op, items, upTo } = message;
    for (const [name, stream] of Object.entries(shown)) {
      const limit = upTo?.[name];
      if (!concerns(request, name, stream)) continue;
      const scope = limit === undefined ? { op, items: items ?? [] } : { op, upTo: limit };
      const after = applyChange(stream.items, scope);
      unread += tally(after, isUnread) - tally(stream.items, isUnread);
      unseen += tally(after, isUnseen) - tally(stream.items, isUnseen);
      shown[name] = { ...stream, items: after };
    }
    // Also those that are not loaded here.
    if (upTo && Object.entries(streams).every(([name, { seq }]) => (upTo[name] ?? -1) >= seq)) {
      if (op === "read" || op === "archive" || op === "delete") unread = unseen = 0;
      if (op === "seen") unseen = 0;
    }
  }
  return {
    items: merge(Object.values(shown)),
    counts: { unread: Math.max(0, unread), unseen: Math.max(0, unseen) },
  };
}

function isUnread({ read, archived }: Notification): boolean {
  return !read && !archived;
}

function isUnseen(item: Notification): boolean {
  return isUnread(item) && !item.seen;
}

function tally(items: readonly Notification[], counts: (item: Notification) => boolean): number {
  return items.reduce((sum, item) => sum + (counts(item) ? 1 : 0), 0);
}

/** One list, newest first. Within a stream its numbers decide, between streams the time. */
function merge(streams: readonly Stream[]): Notification[] {
  const rest = streams.map(({ items }) => [...items]).filter(({ length }) => length > 0);
  const merged: Notification[] = [];
  while (rest.length > 0) {
    let newest = 0;
    rest.forEach((items, i) => {
      if (timeOf(items) > timeOf(rest[newest])) newest = i;
    });
    const items = rest[newest] as Notification[];
    merged.push(items.pop() as Notification);
    if (items.length === 0) rest.splice(newest, 1);
  }
  return merged;
}

/** RFC 3339 in UTC, as the service writes it, compares as text. */
function timeOf(items: readonly Notification[] | undefined): string {
  return items?.at(-1)?.publishedAt ?? "";
}
