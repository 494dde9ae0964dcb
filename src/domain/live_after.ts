import type { LiveEvent } from "./event.ts";
import type { LiveItems } from "./live_items.ts";

/**
 * A stream's live items after one more event, for whoever hears of the events and does not read the
 * head: the same ones that the head lists. Flags are left as they are, since a topic's items have none.
 */
export function liveAfter(live: LiveItems, event: LiveEvent): LiveItems {
  if (event.kind === "notification") {
    const appended = live.append(event.seq);
    return event.oldest === undefined
      ? appended
      : appended.dropOldest(appended.countBetween(0, event.oldest - 1));
  }
  const { change } = event;
  switch (change.op) {
    case "delete":
    case "replace":
    case "expire":
    case "recall":
      return "upTo" in change
        ? live.dropOldest(live.countBetween(0, change.upTo))
        : live.remove(change.items).live;
    default:
      return live;
  }
}
