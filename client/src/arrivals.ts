import type { State } from "./state.ts";
import type { Notification } from "./types.ts";

/**
 * What is new in a state, oldest first within a stream. Of a stream that was not known before, or is
 * another incarnation of itself, nothing is: that is the past.
 */
export function arrivals(before: State, after: State): Notification[] {
  return Object.entries(after.streams).flatMap(([name, { epoch, items }]) => {
    const stream = before.streams[name];
    return stream?.epoch === epoch ? items.filter(({ seq }) => seq > stream.seq) : [];
  });
}
