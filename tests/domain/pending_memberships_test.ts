import assert from "node:assert/strict";
import { newHead } from "../../src/domain/head.ts";
import { type Intent, TOPICS_MAX } from "../../src/domain/intent.ts";
import { LiveItems } from "../../src/domain/live_items.ts";
import { type Applied, applyIntents } from "../../src/domain/stream.ts";
import { EVERYONE, type TopicStream } from "../../src/domain/stream_name.ts";
import { newMembership, type TopicMembership } from "../../src/domain/topic_membership.ts";

const TOPIC: TopicStream = "topic:news";
const LIVE = [4, 5, 6].reduce((live, seq) => live.append(seq), LiveItems.EMPTY);

/** Applies intents to the stream of a user whose rows hold these memberships; each topic is at seq 6. */
function apply(
  intents: readonly Intent[],
  { stored = {}, count = 0 }: {
    stored?: Readonly<Record<TopicStream, TopicMembership>>;
    count?: number;
  } = {},
): Applied {
  const head = newHead("epoch", 5);
  const context = {
    limits: { itemsMax: 10, changesMax: 10, retentionDays: 90 },
    now: 0,
    newEpoch: () => "another",
    everyoneSeq: () => 0,
    topic: (topic: TopicStream) => ({ state: { live: LIVE, seq: 6 }, membership: stored[topic] }),
    collapsed: () => undefined,
  };
  return applyIntents({ ...head, topics: { ...head.topics, count } }, intents, context);
}

function changesOf({ events }: Applied) {
  return events.map((event) => event.kind === "change" && event.change);
}

const join = (granted = false): Intent => ({ kind: "join", topic: TOPIC, granted });
const leave = (topic = TOPIC): Intent => ({ kind: "leave", topic });
const read = (topic = TOPIC): Intent => (
  { kind: "markTopic", topic, op: "read", scope: { upTo: 6 } }
);

Deno.test("a user joins at the topic's newest event, and a second join changes nothing", () => {
  const applied = apply([join(), join()]);
  assert.deepEqual(changesOf(applied), [
    { op: "join", target: TOPIC, granted: false, upTo: 6 },
  ]);
  assert.deepEqual(applied.seqs, [1, undefined]);
  assert.deepEqual(applied.head.topics, { everyoneFrom: 5, count: 1, changedAt: 1 });
});

Deno.test("a grant of a publisher is added to a membership, and never taken away by a join", () => {
  const applied = apply([join(true), join(false)], {
    stored: { [TOPIC]: newMembership(3, false) },
  });
  assert.deepEqual(changesOf(applied), [{ op: "join", target: TOPIC, granted: true, upTo: 3 }]);
  assert.equal(applied.head.topics.count, 0, "the user was a member before");
});

Deno.test("a user with as many topics as a user may have joins no other", () => {
  assert.deepEqual(apply([join()], { count: TOPICS_MAX }).events, []);
  assert.equal(apply([join()], { count: TOPICS_MAX - 1 }).head.topics.count, TOPICS_MAX);
});

Deno.test("a new stream says that no membership was ever changed, so that no row has to be read", () => {
  assert.deepEqual(apply([]).head.topics, { everyoneFrom: 5, count: 0, changedAt: 0 });
});

Deno.test("a user leaves a topic once, and everyone never", () => {
  const stored = { [TOPIC]: newMembership(3, false), [EVERYONE]: newMembership(0, true) };
  const applied = apply([leave(), leave(), leave(EVERYONE)], { stored, count: 1 });
  assert.deepEqual(changesOf(applied), [{ op: "leave", target: TOPIC, upTo: 6 }]);
  assert.equal(applied.head.topics.count, 0);
});

Deno.test("a mark reaches what was published since the user joined, in this batch or before", () => {
  assert.deepEqual(apply([read()]).events, [], "no member, no mark");
  assert.deepEqual(apply([join(), read()]).seqs, [1, undefined], "nothing new since the join");
  const applied = apply([read(), read()], { stored: { [TOPIC]: newMembership(4, false) } });
  assert.deepEqual(changesOf(applied), [{ op: "read", target: TOPIC, upTo: 6 }]);
});

Deno.test("a mark on everyone goes by when the user's stream was made", () => {
  const applied = apply([read(EVERYONE)]);
  const row = applied.rows.find(({ kind }) => kind === "membership");
  assert(row?.kind === "membership" && row.membership !== undefined);
  assert.equal(row.membership.joined, 5);
  assert.deepEqual(row.membership.marks, [{ from: 6, to: 6, flags: 1 }]);
});

Deno.test("the head names each instance with a device of the stream once, and none that is gone", () => {
  const route = (instance: string): Intent => ({ kind: "route", instance });
  assert.deepEqual(apply([route("a"), route("b"), route("a")]).head.routes, ["a", "b"]);
  const unroute: Intent = { kind: "unroute", instances: ["a", "c"] };
  assert.deepEqual(apply([route("a"), route("b"), unroute]).head.routes, ["b"]);
});
