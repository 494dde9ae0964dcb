import assert from "node:assert/strict";
import { backoff } from "../../web/playground/backoff.js";
import { Inbox } from "../../web/playground/inbox.js";
import { safeLink } from "../../web/playground/safe_link.js";

const COUNTS = { unread: 0, unseen: 0 };

function item(n: number, state: { read?: boolean; archived?: boolean } = {}) {
  return {
    id: `01a20000-0000-7000-8000-${String(n).padStart(12, "0")}`,
    title: `n${n}`,
    category: "general",
    priority: "normal" as const,
    publishedAt: "2026-01-01T00:00:00Z",
    read: false,
    seen: false,
    archived: false,
    ...state,
  };
}

function notification(seq: number, { live = true, stream = "user", oldest = 0 } = {}) {
  const unread = { unread: seq, unseen: seq };
  const rest = oldest === 0 ? {} : { oldest };
  const type = "notification" as const;
  return { type, stream, seq, live, item: item(seq), counts: unread, ...rest };
}

function reset(
  seqs: number[],
  { reason = "new", stream = "user", epoch = "e", seq = seqs[0] } = {},
) {
  return {
    type: "reset" as const,
    stream,
    reason: reason as "new" | "epoch" | "trimmed",
    items: seqs.map((seq) => ({ seq, ...item(seq) })),
    epoch,
    seq: seq ?? 0,
    counts: COUNTS,
  };
}

function change(
  seq: number,
  op: string,
  scope: { items?: number[]; upTo?: number; target?: string },
) {
  const type = "change" as const;
  return { type, stream: "user", seq, live: true, op, counts: { unread: 7, unseen: 7 }, ...scope };
}

function shown(inbox: Inbox): string[] {
  return inbox.entries.map(({ item, missed }) => item.title + (missed ? " missed" : ""));
}

Deno.test("a device resumes from the last event it was told of", () => {
  const inbox = new Inbox();
  assert.deepEqual(inbox.cursors, {});
  inbox.apply(reset([3, 2]));
  inbox.apply(notification(4));
  inbox.apply({ type: "caughtUp", stream: "user", seq: 9 });
  inbox.apply(reset([], { stream: "topic:news", epoch: "t" }));
  assert.deepEqual(inbox.cursors, {
    "user": { epoch: "e", seq: 9 },
    "topic:news": { epoch: "t", seq: 0 },
  });
});

Deno.test("what comes twice is there once, and does not ring again", () => {
  const inbox = new Inbox();
  inbox.apply(reset([1]));
  assert.equal(inbox.apply(notification(2)).arrived.length, 1);
  assert.deepEqual(inbox.apply(notification(2)), { arrived: [], hole: false });
  assert.deepEqual(inbox.apply(notification(1, { live: false })), { arrived: [], hole: false });
  assert.deepEqual(shown(inbox), ["n2", "n1"]);
});

Deno.test("a hole between live events is noticed, and not filled with what follows", () => {
  const inbox = new Inbox();
  inbox.apply(reset([1]));
  assert.equal(inbox.apply(notification(3)).hole, true);
  assert.deepEqual(shown(inbox), ["n1"]);
  assert.equal(inbox.cursors["user"]?.seq, 1);
  assert.equal(inbox.apply(notification(3, { live: false })).hole, false);
  assert.deepEqual(shown(inbox), ["n3 missed", "n1"]);
});

Deno.test("after a trimmed reset what is new counts as missed, what was known does not", () => {
  const inbox = new Inbox();
  inbox.apply(reset([2, 1]));
  const { arrived } = inbox.apply(reset([9, 8, 2], { reason: "trimmed" }));
  assert.deepEqual(arrived.map(({ seq }) => seq), [8, 9]);
  assert.deepEqual(shown(inbox), ["n9 missed", "n8 missed", "n2"]);
});

Deno.test("another epoch replaces everything and rings for nothing", () => {
  const inbox = new Inbox();
  inbox.apply(reset([5, 4]));
  assert.deepEqual(inbox.apply(reset([2, 1], { reason: "epoch", epoch: "f" })).arrived, []);
  assert.deepEqual(shown(inbox), ["n2", "n1"]);
  assert.deepEqual(inbox.cursors, { user: { epoch: "f", seq: 2 } });
});

Deno.test("changes of other devices are applied to the items they name", () => {
  const inbox = new Inbox();
  inbox.apply(reset([5, 4, 3, 2, 1]));
  inbox.apply(change(6, "read", { upTo: 3 }));
  inbox.apply(change(7, "unread", { items: [2] }));
  inbox.apply(change(8, "seen", { items: [4] }));
  const marks = () => inbox.entries.map(({ seq, item }) => [seq, item.read, item.seen]);
  assert.deepEqual(marks(), [
    [5, false, false],
    [4, false, true],
    [3, true, true],
    [2, false, true],
    [1, true, true],
  ]);
  inbox.apply(change(9, "archive", { items: [5] }));
  assert.deepEqual(shown(inbox), ["n4", "n3", "n2", "n1"]);
  inbox.apply(change(10, "unarchive", { items: [5] }));
  for (const [i, op] of ["delete", "replace", "expire", "recall"].entries()) {
    inbox.apply(change(11 + i, op, { items: [1 + i] }));
  }
  assert.deepEqual(shown(inbox), ["n5"]);
  assert.deepEqual(inbox.counts, { unread: 7, unseen: 7 });
  assert.equal(inbox.cursors["user"]?.seq, 14);
});

Deno.test("a change of the user's stream reaches the topic that it names", () => {
  const inbox = new Inbox();
  inbox.apply(reset([1]));
  inbox.apply(reset([2, 1], { stream: "topic:news" }));
  inbox.apply(change(2, "delete", { items: [1], target: "topic:news" }));
  assert.deepEqual(inbox.entries.map(({ stream, seq }) => `${stream} ${seq}`), [
    "topic:news 2",
    "user 1",
  ]);
});

Deno.test("what the server has dropped is dropped", () => {
  const inbox = new Inbox();
  inbox.apply(reset([3, 2, 1]));
  inbox.apply(notification(4, { oldest: 2 }));
  assert.deepEqual(shown(inbox), ["n4", "n3", "n2"]);
  inbox.apply({ type: "caughtUp", stream: "user", seq: 4, oldest: 3 });
  assert.deepEqual(shown(inbox), ["n4", "n3"]);
  inbox.apply({
    type: "welcome",
    heartbeatMs: 1,
    expiresAt: "",
    streams: { user: { epoch: "e", seq: 4, oldest: 4 } },
    counts: { unread: 1, unseen: 0 },
  });
  assert.deepEqual(shown(inbox), ["n4"]);
  assert.deepEqual(inbox.counts, { unread: 1, unseen: 0 });
});

Deno.test("the wait between attempts lies anywhere below a bound that doubles up to 20 s", () => {
  const bounds = [0, 1, 2, 3, 20, 2000].map((failures) => backoff(failures, () => 1));
  assert.deepEqual(bounds, [400, 800, 1600, 3200, 20_000, 20_000]);
  assert.equal(backoff(7, () => 0), 0);
});

Deno.test("only http(s) links and paths of the page's own site can be followed", () => {
  const follow = (url: string | undefined) => safeLink(url, "http://bell.example")?.href;
  assert.equal(follow("https://app.example/a?b#c"), "https://app.example/a?b#c");
  assert.equal(follow("HTTP://app.example"), "http://app.example/");
  assert.equal(follow("/builds/41"), "http://bell.example/builds/41");
  const bad = [
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    " javascript:alert(1)",
    "//evil.example",
  ];
  const worse = ["/\\evil.example", "/\t/evil.example", "data:text/html,x", "blob:http://x/y", ""];
  for (const url of [...bad, ...worse, "ftp://a/b", "relative", "http://", undefined]) {
    assert.equal(follow(url), undefined, url);
  }
});
