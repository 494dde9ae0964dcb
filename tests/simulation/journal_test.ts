import assert from "node:assert/strict";
import type { Seq } from "../../src/domain/item.ts";
import type { StreamName } from "../../src/domain/stream_name.ts";
import { CorruptRecord } from "../../src/store/codec/bytes.ts";
import type { Entry } from "../../src/store/journal/entry.ts";
import { keys } from "../../src/store/keys.ts";
import { audit } from "./support/journal_audit.ts";
import { itemOf, onceKey, UsedBefore } from "./support/journal_entries.ts";
import { ANSWER_WITHIN_MS, type Attempt, Cluster } from "./support/journal_harness.ts";
import { CORRUPT, QUIET, type Step, STREAMS } from "./support/journal_stories.ts";
import { hasCode } from "../../src/errors.ts";

const [ada, bob] = STREAMS as [StreamName, StreamName];

function publish(...streams: StreamName[]): Step & { kind: "publish" } {
  return { kind: "publish", streams, collapseKey: undefined, onceAs: undefined, bytes: 60 };
}

/** Lets a step be done, and time go by until it is answered. */
async function answered(cluster: Cluster, step: Step, node = 0): Promise<Attempt> {
  const number = cluster.attempts.length;
  const done = cluster.perform(cluster.node(node), step);
  await cluster.clock.until(done, { withinMs: 60_000 });
  return cluster.attempts[number] as Attempt;
}

/** All is well in the end. */
async function auditCalm(cluster: Cluster): Promise<void> {
  await cluster.calmDown();
  await audit(cluster);
  assert.equal(cluster.clock.pending, 0, "a timer goes on although nothing is left to do");
}

Deno.test("entries of one moment share a commit, each stream in its order", async () => {
  const cluster = new Cluster(QUIET);
  const [node] = cluster.nodes;
  assert(node !== undefined);
  const steps = [publish(ada), publish(bob), publish(ada, bob), publish(ada)];
  const doing = Promise.all(steps.map((step) => cluster.perform(node, step)));
  assert.deepEqual(node.journal.depth, { waiting: 4, committing: 0 });
  await cluster.clock.until(doing, { withinMs: 1_000 });
  assert.deepEqual(cluster.attempts.map(({ seqs }) => seqs), [[1], [1], [2, 2], [3]]);
  assert.equal(cluster.store.history.length, 1);
  await auditCalm(cluster);
});

Deno.test("whoever is alone on the store writes each entry with one commit and reads no head twice", async () => {
  const cluster = new Cluster(QUIET);
  const node = cluster.node(0);
  await answered(cluster, publish(ada, bob));
  // From now on every read fails.
  node.watchful.getMany = () => Promise.reject(new Error("nothing has to be read"));
  for (let i = 0; i < 20; i++) await answered(cluster, publish(i % 2 ? ada : bob));
  await answered(cluster, { kind: "mark", stream: ada, op: "read", scope: { upTo: 5 } });
  assert.deepEqual(node.trouble, []);
  assert.equal(cluster.store.history.length, 22);
  await auditCalm(cluster);
});

Deno.test("of two entries that read the same row the second sees what the first wrote", async () => {
  const cluster = new Cluster(QUIET);
  const [node] = cluster.nodes;
  assert(node !== undefined);
  const once = { ...publish(ada), onceAs: "x" };
  const doing = Promise.all([cluster.perform(node, once), cluster.perform(node, once)]);
  await cluster.clock.until(doing, { withinMs: 1_000 });
  assert.deepEqual(cluster.attempts[0]?.seqs, [1]);
  assert(cluster.attempts[1]?.error instanceof UsedBefore);
  await auditCalm(cluster);
});

Deno.test("what changed nothing can't hide, however late it comes, that something else was written", async () => {
  const cluster = new Cluster({ ...QUIET, commitsMax: 1 });
  const [node] = cluster.nodes;
  assert(node !== undefined);
  await answered(cluster, publish(ada));
  node.faulty.script.push("limbo");
  await answered(cluster, { kind: "open", stream: ada });
  node.faulty.script.push("answerLost", "vanished");
  const done = cluster.perform(node, publish(bob));
  await cluster.clock.advance(500);
  node.faulty.land();
  await cluster.clock.until(done, { withinMs: 10_000 });
  assert.deepEqual(cluster.attempts.at(-1)?.seqs, [1]);
  await auditCalm(cluster);
});

Deno.test("a machine that is short of connections is waited for", async () => {
  const cluster = new Cluster(QUIET);
  const [node] = cluster.nodes;
  node?.faulty.script.push("limbo", "exhausted");
  const done = cluster.perform(cluster.node(0), publish(ada));
  await cluster.clock.advance(2_000);
  node?.faulty.land();
  await cluster.clock.until(done, { withinMs: 10_000 });
  assert.deepEqual(cluster.attempts[0]?.seqs, [1]);
  await auditCalm(cluster);
});

Deno.test("an entry that the store could never take is refused, and its neighbours are not", async () => {
  const tooLong = "k".repeat(3_000);
  const publishTo = (stream: StreamName, bytes: number): Entry<readonly (Seq | undefined)[]> => ({
    parts: [{ stream, intent: { kind: "publish", item: itemOf("it", bytes) } }],
    complete: (seqs) => ({ mutations: [], result: seqs }),
  });
  const hopeless: [Entry<unknown>, RegExp][] = [
    [publishTo(ada, 70_000), /Value too large/],
    [publishTo(`user:${tooLong}`, 60), /Key too large for read/],
    [{ ...publishTo(ada, 60), reads: [onceKey(tooLong)] }, /Key too large for read/],
    [{
      ...publishTo(ada, 60),
      complete: () => ({ mutations: [{ kind: "delete", key: onceKey(tooLong) }], result: 0 }),
    }, /Key too large for write/],
    // A server takes no more than ten checks, and says so in words of its own.
    [{ ...publishTo(ada, 60), reads: STREAMS.map(onceKey) }, /Too many checks/],
  ];
  for (const [entry, reason] of hopeless) {
    const cluster = new Cluster(QUIET);
    const { journal } = cluster.node(0);
    const refused = assert.rejects(journal.append(entry), reason);
    const neighbour = journal.append(publishTo(bob, 60));
    await cluster.clock.until(refused, { withinMs: 10_000 });
    assert.deepEqual(await cluster.clock.until(neighbour, { withinMs: 10_000 }), [1]);
    // The stream goes on.
    const next = journal.append(publishTo(ada, 60));
    assert.deepEqual(await cluster.clock.until(next, { withinMs: 10_000 }), [1]);
    await cluster.clock.until(journal.flushed(), { withinMs: 1_000 });
  }
});

Deno.test("a stream whose head can't be read fails alone", async () => {
  const cluster = new Cluster(QUIET);
  await cluster.play({ setting: QUIET, callers: [] });
  const node = cluster.node(0);
  const steps: Step[] = [publish(ada), { kind: "corrupt", stream: bob }, publish(bob)];
  const doing = Promise.all(steps.map((step) => cluster.perform(node, step)));
  await cluster.clock.until(doing, { withinMs: 1_000 });
  assert.deepEqual(cluster.attempts[0]?.seqs, [1]);
  assert(cluster.attempts[1]?.error instanceof CorruptRecord);
  assert.deepEqual(cluster.attempts[2]?.seqs, [1]);
  assert.equal((await cluster.store.get(keys.head(CORRUPT))).value?.length, 1);
  await auditCalm(cluster);
});

Deno.test("a full queue refuses at once, and nothing of what it refused is ever written", async () => {
  const cluster = new Cluster({ ...QUIET, queueMax: 3, commitsMax: 1 });
  const node = cluster.node(0);
  node.faulty.script.push("limbo");
  const first = cluster.perform(node, publish(ada));
  await cluster.clock.advance(100);
  const others = Array.from({ length: 5 }, () => cluster.perform(node, publish(ada)));
  const refused = cluster.attempts.slice(4).map(({ error }) => error);
  await Promise.all(others.slice(3));
  assert.deepEqual(refused, [undefined, undefined]);
  for (const { error } of cluster.attempts.slice(4)) {
    assert(hasCode(error, "overloaded"));
    assert((error.retryAfterMs ?? 0) > 0);
  }
  await cluster.clock.until(Promise.all([first, ...others]), { withinMs: 10_000 });
  assert.deepEqual(
    cluster.attempts.map(({ seqs }) => seqs?.[0]),
    [1, 2, 3, 4, undefined, undefined],
  );
  await auditCalm(cluster);
});

Deno.test("entries that have room are taken together, and room that is not used is given back", async () => {
  const cluster = new Cluster({ ...QUIET, queueMax: 4, commitsMax: 1 });
  const { journal, faulty } = cluster.node(0);
  const entry = (number: number): Entry<Seq | undefined> => ({
    parts: [{ stream: ada, intent: { kind: "publish", item: itemOf(`r${number}`, 60) } }],
    complete: ([seq]) => ({ mutations: [], result: seq }),
  });
  faulty.script.push("limbo");
  const first = journal.append(entry(0));
  await cluster.clock.advance(100);
  const load = (entries: number) => ({ entries, bytes: 60 * entries, mutations: 6 * entries });
  using room = journal.reserve(load(3));
  assert.throws(() => journal.reserve(load(2)), { code: "overloaded" });
  const single = journal.append(entry(1));
  await assert.rejects(journal.append(entry(2)), { code: "overloaded" });
  const promised = [room.append(entry(3)), room.append(entry(4))];
  // The third place is kept for the room until it is given back.
  await assert.rejects(journal.append(entry(5)), { code: "overloaded" });
  room[Symbol.dispose]();
  const last = journal.append(entry(6));
  await assert.rejects(room.append(entry(7)), { code: "overloaded" });
  const seqs = await cluster.clock.until(Promise.all([first, single, ...promised, last]), {
    withinMs: 10_000,
  });
  assert.deepEqual(seqs, [1, 2, 3, 4, 5]);
  // However much is asked for, an idle journal takes it.
  const many = journal.reserve(load(100));
  many[Symbol.dispose]();
});

Deno.test("while the store is silent new entries wait, and are written once it answers", async () => {
  const cluster = new Cluster(QUIET);
  const node = cluster.node(0);
  node.faulty.outage = true;
  const first = cluster.perform(node, publish(ada));
  await cluster.clock.advance(2_500);
  const second = cluster.perform(node, publish(bob));
  await cluster.clock.advance(2_500);
  node.faulty.outage = false;
  await cluster.clock.until(Promise.all([first, second]), { withinMs: 5_000 });
  assert.deepEqual(cluster.attempts.map(({ seqs }) => seqs), [[1], [1]]);
  await auditCalm(cluster);
});

Deno.test("whoever waits for a silent store is answered in time, and the entry takes effect once or not at all", async () => {
  const cluster = new Cluster({ ...QUIET, commitsMax: 1 });
  const node = cluster.node(0);
  node.faulty.script.push("answerLost");
  const begun = cluster.perform(node, publish(ada));
  const queued = cluster.perform(node, publish(ada));
  await cluster.clock.advance(20);
  node.faulty.outage = true;
  const queuedLater = cluster.perform(node, publish(ada));
  await cluster.clock.until(Promise.all([begun, queued, queuedLater]), {
    withinMs: ANSWER_WITHIN_MS + 500,
  });
  for (const { error } of cluster.attempts) {
    assert(hasCode(error, "unavailable"));
    assert((error.retryAfterMs ?? 0) > 0);
  }
  await auditCalm(cluster);
  // The first two were under way; the third had not been begun and was given up.
  const head = await node.heads.read(ada);
  assert.equal(head?.seq, 2);
});

Deno.test("closing answers everybody, and nothing is taken afterwards", async () => {
  const cluster = new Cluster({ ...QUIET, commitsMax: 1 });
  const node = cluster.node(0);
  node.faulty.outage = true;
  const begun = cluster.perform(node, publish(ada));
  await cluster.clock.advance(10);
  const queued = cluster.perform(node, publish(ada));
  node.journal.close();
  await Promise.all([begun, queued, cluster.perform(node, publish(bob))]);
  for (const { error } of cluster.attempts) assert(hasCode(error, "unavailable"));
  await cluster.clock.until(node.journal.flushed(), { withinMs: 5_000 });
  await auditCalm(cluster);
  assert.deepEqual(cluster.store.history, []);
});

Deno.test("two journals on one store never lose each other's events", async () => {
  const cluster = new Cluster({ ...QUIET, nodes: 2 });
  for (let i = 0; i < 20; i++) {
    const doing = cluster.nodes.map((node) => cluster.perform(node, publish(ada, bob)));
    await cluster.clock.until(Promise.all(doing), { withinMs: 5_000 });
  }
  assert(cluster.nodes.some(({ trouble }) => trouble.includes("conflict")));
  await auditCalm(cluster);
  const head = await cluster.clock.until(cluster.node(0).heads.read(ada), { withinMs: 1_000 });
  assert.equal(head?.seq, 40);
});
