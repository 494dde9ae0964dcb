import { applyChange } from "./reduce.ts";
import { type Request, scopeIn, type State, type Stream } from "./state.ts";
import type { Counts, Notification } from "./notification.ts";

/** What a user sees of a state: what was asked for counts as done already. */
export interface View {
  readonly items: readonly Notification[];
  readonly counts: Counts;
}

/** @param more requests that the state may not know of yet */
export function view({ streams, counts, queue }: State, more: readonly Request[]): View {
  const shown = { ...streams };
  /** As the service counts, but for what is loaded here. */
  const rest = tally(Object.values(streams), counts, -1);
  for (const request of new Map([...queue, ...more].map((it) => [it.id, it])).values()) {
    const { message } = request;
    if (message.type !== "mark") continue;
    const { op, upTo } = message;
    for (const [name, stream] of Object.entries(shown)) {
      const scope = scopeIn(request, name, stream);
      if (scope) {
        shown[name] = { ...stream, items: applyChange(stream.items, { ...scope, op }) };
      }
    }
    // Also those that are not loaded here.
    if (
      upTo &&
      Object.entries(streams).every(([name, { seq, items }]) =>
        (upTo[name] ?? -1) >= (items[0]?.seq ?? seq) - 1
      )
    ) {
      if (op === "read" || op === "archive" || op === "delete") rest.unread = rest.unseen = 0;
      if (op === "seen") rest.unseen = 0;
    }
  }
  const { unread, unseen } = tally(Object.values(shown), rest, 1);
  return {
    items: merge(Object.values(shown)),
    counts: { unread: Math.max(0, unread), unseen: Math.max(0, unseen) },
  };
}

/** Adds what is loaded to counts, or takes it away. */
function tally(streams: readonly Stream[], { unread, unseen }: Counts, sign: 1 | -1) {
  for (const { read, seen, archived } of streams.flatMap(({ items }) => items)) {
    if (read || archived) continue;
    unread += sign;
    if (!seen) unseen += sign;
  }
  return { unread, unseen };
}

/** One list, newest first. Within a stream its numbers decide, between streams the time. */
function merge(streams: readonly Stream[]): Notification[] {
  const dated = streams.flatMap(({ items }) => {
    // One that claims to be newer than what came after it is no newer than that.
    let time = "~";
    return [...items].reverse().map((item) => {
      // RFC 3339 in UTC, as the service writes it, compares as text.
      if (item.publishedAt < time) time = item.publishedAt;
      return { item, time };
    });
  });
  return dated.sort((a, b) => +(a.time < b.time) - +(a.time > b.time)).map(({ item }) => item);
}
