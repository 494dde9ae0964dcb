import assert from "node:assert/strict";
import { ScriptedService } from "./support/scripted_service.ts";

const COUNTS = { unread: 0, unseen: 0 };

function item(n: number) {
  return {
    id: `01a20000-0000-7000-8000-${String(n).padStart(12, "0")}`,
    title: `n${n}`,
    category: "general",
    priority: "normal",
    publishedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString(),
    read: false,
    seen: false,
    archived: false,
  };
}

function welcome(streams: Record<string, { epoch?: string; seq: number; oldest?: number }>) {
  return {
    type: "welcome",
    user: "ada",
    heartbeatMs: 25_000,
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    streams: Object.fromEntries(
      Object.entries(streams).map(([name, { epoch = "e", seq, oldest = 1 }]) => [
        name,
        { epoch, seq, oldest },
      ]),
    ),
    counts: COUNTS,
  };
}

function notification(seq: number, { live = true, stream = "user", oldest = 0 } = {}) {
  const counts = { unread: seq, unseen: seq };
  const rest = oldest === 0 ? {} : { oldest };
  return { type: "notification", stream, seq, live, item: item(seq), counts, ...rest };
}

function reset(
  seqs: number[],
  { reason = "new", stream = "user", epoch = "e", seq = seqs[0] } = {},
) {
  const items = seqs.map((seq) => ({ seq, ...item(seq) }));
  return { type: "reset", stream, reason, items, epoch, seq: seq ?? 0, counts: COUNTS };
}

function change(
  seq: number,
  op: string,
  scope: { items?: number[]; upTo?: number; target?: string },
) {
  const counts = { unread: 7, unseen: 7 };
  return { type: "change", stream: "user", seq, live: true, op, counts, ...scope };
}

/** A service whose device is live, and has these of the user's stream, newest first. */
async function live(...seqs: number[]): Promise<ScriptedService> {
  const service = new ScriptedService();
  assert.deepEqual(await service.comes(1), {});
  service.say(welcome({ user: { seq: seqs[0] ?? 0 } }), reset(seqs));
  assert.equal(service.bell.getSnapshot().connection.state, "live");
  return service;
}

Deno.test("a device resumes from the last event it was told of", async () => {
  using service = await live(3, 2);
  service.say(notification(4));
  service.say({ type: "caughtUp", stream: "user", seq: 9 });
  service.say(reset([], { stream: "topic:news", epoch: "t" }));
  service.break();
  assert.deepEqual(await service.comes(2), {
    "user": { epoch: "e", seq: 9 },
    "topic:news": { epoch: "t", seq: 0 },
  });
});

Deno.test("what comes twice is there once, and is told once", async () => {
  using service = await live(1);
  service.say(notification(2));
  service.say(notification(2), notification(1, { live: false }));
  assert.deepEqual(service.shown, ["n2", "n1"]);
  assert.deepEqual(service.told, ["n2"]);
});

Deno.test("a hole between live events is noticed, and not filled with what follows", async () => {
  using service = await live(1);
  service.say(notification(3));
  assert.deepEqual(service.shown, ["n1"]);
  service.bell.retry();
  assert.deepEqual(await service.comes(2), { user: { epoch: "e", seq: 1 } });
  service.say(welcome({ user: { seq: 3 } }), notification(3, { live: false }));
  service.say({ type: "caughtUp", stream: "user", seq: 3 });
  assert.deepEqual(service.shown, ["n3", "n1"]);
  assert.deepEqual(service.told, ["n3 missed"]);
});

Deno.test("after a trimmed reset what is new counts as missed, what was known does not", async () => {
  using service = await live(2, 1);
  service.break();
  await service.comes(2);
  service.say(welcome({ user: { seq: 9 } }), reset([9, 8, 2], { reason: "trimmed" }));
  assert.deepEqual(service.shown, ["n9", "n8", "n2"]);
  assert.deepEqual(service.told, ["n8 missed", "n9 missed"]);
});

Deno.test("another epoch replaces everything, and nothing of it is news", async () => {
  using service = await live(5, 4);
  service.break();
  await service.comes(2);
  service.say(
    welcome({ user: { epoch: "f", seq: 2 } }),
    reset([2, 1], { reason: "epoch", epoch: "f" }),
  );
  assert.deepEqual(service.shown, ["n2", "n1"]);
  assert.deepEqual(service.told, []);
  service.break();
  assert.deepEqual(await service.comes(3), { user: { epoch: "f", seq: 2 } });
});

Deno.test("changes of other devices are applied to the items they name", async () => {
  using service = await live(5, 4, 3, 2, 1);
  service.say(change(6, "read", { upTo: 3 }));
  service.say(change(7, "unread", { items: [2] }));
  service.say(change(8, "seen", { items: [4] }));
  const { items } = service.bell.getSnapshot();
  assert.deepEqual(items.map(({ seq, read, seen }) => [seq, read, seen]), [
    [5, false, false],
    [4, false, true],
    [3, true, true],
    [2, false, true],
    [1, true, true],
  ]);
  const archived = () => service.bell.getSnapshot().items.map((item) => item.archived);
  service.say(change(9, "archive", { items: [5] }));
  assert.deepEqual(archived(), [true, false, false, false, false]);
  service.say(change(10, "unarchive", { items: [5] }));
  assert.deepEqual(archived(), [false, false, false, false, false]);
  for (const [i, op] of ["delete", "replace", "expire", "recall"].entries()) {
    service.say(change(11 + i, op, { items: [1 + i] }));
  }
  assert.deepEqual(service.shown, ["n5"]);
  assert.deepEqual(service.bell.getSnapshot().counts, { unread: 7, unseen: 7 });
  service.break();
  assert.equal((await service.comes(2))["user"]?.seq, 14);
});

Deno.test("a change of the user's stream reaches the topic that it names", async () => {
  using service = await live(1);
  service.say(reset([2, 1], { stream: "topic:news" }));
  service.say(change(2, "delete", { items: [1], target: "topic:news" }));
  const { items } = service.bell.getSnapshot();
  assert.deepEqual(items.map(({ stream, seq }) => `${stream} ${seq}`), ["topic:news 2", "user 1"]);
});

Deno.test("what the service has dropped is dropped", async () => {
  using service = await live(3, 2, 1);
  service.say(notification(4, { oldest: 2 }));
  assert.deepEqual(service.shown, ["n4", "n3", "n2"]);
  service.say({ type: "caughtUp", stream: "user", seq: 4, oldest: 3 });
  assert.deepEqual(service.shown, ["n4", "n3"]);
  service.break();
  await service.comes(2);
  service.say(welcome({ user: { seq: 4, oldest: 4 } }));
  service.say({ type: "caughtUp", stream: "user", seq: 4, oldest: 4, counts: COUNTS });
  assert.deepEqual(service.shown, ["n4"]);
  assert.deepEqual(service.bell.getSnapshot().counts, COUNTS);
});
