import assert from "node:assert/strict";
import type { StreamMessage } from "../../protocol/messages.ts";
import type { Item } from "../../protocol/notification.ts";
import { markAllRequests } from "../../client/src/request_sender.ts";
import { reduce } from "../../client/src/reduce.ts";
import { cursorsOf, EMPTY, type State } from "../../client/src/state.ts";
import { view } from "../../client/src/view.ts";

function itemOf(seq: number): Item {
  return {
    id: `${seq}`,
    title: `No. ${seq}`,
    category: "general",
    priority: "normal",
    data: undefined,
    publishedAt: `2030-01-01T00:00:${10 + seq}.000Z`,
    read: false,
    seen: false,
    archived: false,
  };
}

function take(state: State, ...messages: StreamMessage[]): State {
  return reduce(state, { do: "messages", messages });
}

Deno.test("what arrives while all is being marked brings back no count of what is not loaded", () => {
  const counts = { unread: 500, unseen: 400 };
  const loaded = take(EMPTY, {
    type: "reset",
    stream: "user",
    reason: "new",
    items: [{ seq: 20, ...itemOf(20) }, { seq: 19, ...itemOf(19) }],
    epoch: "e",
    seq: 20,
    counts,
  });
  const [message] = markAllRequests(loaded, "read");
  assert(message);
  const asked = reduce(loaded, {
    do: "ask",
    request: { id: "1", message, cursors: cursorsOf(loaded) },
  });
  assert.deepEqual(view(asked, []).counts, { unread: 0, unseen: 0 });
  const arrived = take(asked, {
    type: "notification",
    stream: "user",
    seq: 21,
    live: true,
    item: itemOf(21),
    counts: { unread: 501, unseen: 401 },
  });
  assert.deepEqual(view(arrived, []).counts, { unread: 1, unseen: 1 });
});
