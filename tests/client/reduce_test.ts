import assert from "node:assert/strict";
import type { StreamMessage } from "../../protocol/messages.ts";
import { MissingEvent, reduce } from "../../client/src/reduce.ts";
import { EMPTY, type State } from "../../client/src/state.ts";

const COUNTS = { unread: 1, unseen: 1 };
const FLAGS = { publishedAt: "2026-01-01T00:00:00Z", read: false, seen: false, archived: false };

function after(state: State, ...messages: unknown[]): State {
  return reduce(state, { do: "messages", messages: messages as StreamMessage[] });
}

const KNOWN = after(EMPTY, {
  type: "reset",
  stream: "user",
  reason: "new",
  items: [{ seq: 7, id: "7", ...FLAGS }],
  epoch: "a",
  seq: 7,
  counts: COUNTS,
});

Deno.test("messages and changes of later versions move no item, and are no hole", () => {
  const { items } = KNOWN.streams["user"] ?? {};
  const told = after(KNOWN, { type: "typing", stream: "user", by: "grace" });
  assert.deepEqual(told, { ...KNOWN, eventId: undefined });
  const pinned = { type: "change", stream: "user", seq: 8, live: true, op: "pin", items: [7] };
  const changed = after(KNOWN, { ...pinned, counts: COUNTS });
  assert.deepEqual(changed.streams["user"], { epoch: "a", seq: 8, items });
});

Deno.test("an event that was there already changes nothing, and one before which something is missing is refused", () => {
  const notification = (seq: number) => ({
    type: "notification",
    stream: "user",
    seq,
    live: true,
    item: { id: `${seq}`, ...FLAGS },
    counts: { unread: 9, unseen: 9 },
  });
  assert.deepEqual(after(KNOWN, notification(7)).streams, KNOWN.streams);
  assert.deepEqual(after(KNOWN, notification(7)).counts, COUNTS);
  assert.equal(after(KNOWN, notification(8)).streams["user"]?.items.length, 2);
  assert.throws(() => after(KNOWN, notification(9)), MissingEvent);
  assert.throws(() => after(EMPTY, notification(1)), MissingEvent);
});
