import assert from "node:assert/strict";
import type { StreamEvent } from "../../../src/domain/event.ts";
import type { Seq } from "../../../src/domain/item.ts";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import { CorruptRecord } from "../../../src/store/codec/bytes.ts";
import { decodeHead, encodeHead } from "../../../src/store/codec/head_codec.ts";
import { keys } from "../../../src/store/keys.ts";
import type { Versionstamp } from "../../../src/kv/kv.ts";
import { onceKey, Refused, UsedBefore } from "./journal_entries.ts";
import type { Attempt, Cluster } from "./journal_harness.ts";
import { Ledger, type Written } from "./journal_ledger.ts";
import { assertTells, type LoggedRow, Replay } from "./journal_replay.ts";
import { CORRUPT } from "./journal_stories.ts";
import { hasCode } from "../../../src/errors.ts";

/**
 * Throws unless the store and all that was answered and told agree with what the journal promises.
 * Nothing may be under way any more.
 *
 * @param options `told`: every event must have been told, since no journal was closed
 */
export async function audit(
  cluster: Cluster,
  { told = true }: { told?: boolean } = {},
): Promise<void> {
  assert.deepEqual(cluster.violations, []);
  for (const { watchful } of cluster.nodes) {
    assert.deepEqual(watchful.violations, []);
    assert(watchful.commitsAtOnce <= cluster.setting.commitsMax, "too many commits in flight");
  }
  const ledger = new Ledger(cluster.store.history);
  for (const attempt of cluster.attempts) auditAttempt(attempt, ledger);
  auditOnce(cluster, ledger);
  auditOrder(cluster, ledger);
  for (const { stream, head } of cluster.looks) {
    const isReal = ledger.heads.get(stream)?.includes(encodeHead(head).toHex());
    assert(isReal, `${stream} was read as it never was`);
  }
  for (const stream of ledger.logs.keys()) {
    await auditStream(stream, { cluster, ledger, told });
  }
  await auditMarkers(cluster);
}

/** Acknowledged is written once and as told; refused is not written; the rest at most once, whole. */
function auditAttempt(attempt: Attempt, ledger: Ledger): void {
  const { token, step, streams, seqs, error } = attempt;
  const note = ledger.notes.get(token);
  assert(attempt.answered !== undefined, `${token} was never answered`);
  if (seqs !== undefined) {
    const written = note?.value.map((seq) => seq ?? undefined);
    assert.deepEqual(written ?? seqs.map(() => undefined), seqs, `${token} is not as answered`);
  } else {
    auditRefusal(attempt);
    if (!hasCode(error, "unavailable")) assert.equal(note, undefined, `${token} was refused`);
  }
  if (step.kind !== "publish") return;
  for (const stream of streams) {
    const rows = [...ledger.log(stream)].filter(([, { value }]) =>
      value.kind === "item" && value.id === token
    );
    const expected = note?.value[streams.indexOf(stream)];
    assert.deepEqual(rows.map(([seq]) => seq), note === undefined ? [] : [expected]);
    for (const [, row] of rows) assert.equal(row.versionstamp, note?.versionstamp);
  }
}

/** Each kind of entry fails in its own way, and else only where the store does. */
function auditRefusal({ token, step, error }: Attempt): void {
  if (hasCode(error, "overloaded", "unavailable")) return;
  const own = step.kind === "corrupt"
    ? CorruptRecord
    : step.kind === "publish"
    ? UsedBefore
    : Refused;
  assert(error instanceof own, `${token}, a ${step.kind}, failed with ${error}`);
  if (step.kind === "publish") assert(step.onceAs !== undefined, `${token} needs no admission`);
}

function auditOnce({ attempts }: Cluster, { once, notes }: Ledger): void {
  for (const [key, admitted] of once) {
    assert.equal(admitted.length, 1, `${onceKey(key)} admitted ${admitted}`);
  }
  for (const { token, step } of attempts) {
    if (step.kind !== "publish" || step.onceAs === undefined) continue;
    const admitted = once.get(step.onceAs) ?? [];
    assert.equal(admitted.includes(token), notes.has(token), `${token} was written in part`);
  }
}

/** What was answered before another was appended comes first, and each journal keeps its queue's order. */
function auditOrder({ attempts }: Cluster, { notes }: Ledger): void {
  const written = attempts.flatMap((attempt) => {
    const note = notes.get(attempt.token);
    return note === undefined ? [] : [{ ...attempt, note }];
  });
  for (const [i, first] of written.entries()) {
    for (const later of written.slice(i + 1)) {
      const before = first.seqs !== undefined && (first.answered ?? Infinity) < later.appended;
      if (!before && first.node !== later.node) continue;
      for (const [part, stream] of first.streams.entries()) {
        const earlier = first.note.value[part] ?? 0;
        const seq = later.note.value[later.streams.indexOf(stream)] ?? Infinity;
        assert(earlier < seq, `${later.token} overtook ${first.token} on ${stream}`);
      }
    }
  }
}

async function auditStream(
  stream: StreamName,
  { cluster, ledger, told }: { cluster: Cluster; ledger: Ledger; told: boolean },
): Promise<void> {
  const log = ledger.log(stream);
  const row = await cluster.store.get(keys.head(stream));
  assert(row.value !== null && stream !== CORRUPT);
  const head = decodeHead(row.value);
  assert.deepEqual([...ledger.epochs.get(stream) ?? []], [head.epoch]);
  assert.deepEqual([...log.keys()], Array.from({ length: head.seq }, (_, i) => i + 1));
  auditOwners(stream, { cluster, ledger });
  const events = eventsOf(stream, cluster);
  if (told) assert.deepEqual([...events.keys()].sort((a, b) => a - b), [...log.keys()]);
  const replay = new Replay(cluster.setting);
  for (const [seq, { value }] of log) {
    replay.take(seq, value);
    auditCollapse(replay, { cluster, log });
    const event = events.get(seq);
    if (event !== undefined) assertTells(event, value, replay.counts);
  }
  replay.assertSameAs(head);
  const everything = { limit: 10_000 };
  const rows = async (kind: "item" | "change", after: Seq) => {
    const range = { start: [kind, stream, head.epoch, after + 1], end: [kind, stream, "~"] };
    return (await cluster.store.list(range, everything)).map(({ key }) => key[3]);
  };
  assert.deepEqual(await rows("item", 0), [...replay.live.keys()]);
  const { floor } = head.changes;
  const kept = [...log].filter(([seq, { value }]) => value.kind === "change" && seq > floor);
  assert.deepEqual(await rows("change", floor), kept.map(([seq]) => seq));
}

/** Of the items with the same collapse key only the newest is live. */
function auditCollapse(
  { live }: Replay,
  { cluster, log }: { cluster: Cluster; log: ReadonlyMap<Seq, Written<LoggedRow>> },
): void {
  const collapsed = [...live.keys()].flatMap((seq) => {
    const row = log.get(seq)?.value;
    const attempt = cluster.attempts[row?.kind === "item" ? Number(row.id.slice(1)) : -1];
    return attempt?.step.kind === "publish" ? attempt.step.collapseKey ?? [] : [];
  });
  assert.equal(new Set(collapsed).size, collapsed.length, "an item was not replaced");
}

/** Every row belongs to an entry that was written in the same commit. */
function auditOwners(
  stream: StreamName,
  { cluster, ledger }: { cluster: Cluster; ledger: Ledger },
): void {
  const owned = new Map<Seq, Versionstamp>();
  for (const { token, streams } of cluster.attempts) {
    const note = ledger.notes.get(token);
    const seq = note?.value[streams.indexOf(stream)];
    if (note !== undefined && typeof seq === "number") owned.set(seq, note.versionstamp);
  }
  for (const [seq, { value, versionstamp }] of ledger.log(stream)) {
    // The change that a replacing item brings along is numbered just before it.
    const replaces = value.kind === "change" && value.change.op === "replace";
    assert.equal(owned.get(replaces ? seq + 1 : seq), versionstamp, `${stream} ${seq}`);
  }
}

/** What all journals told of a stream: each in order and without a gap within a commit. */
function eventsOf(stream: StreamName, { nodes }: Cluster): Map<Seq, StreamEvent> {
  const events = new Map<Seq, StreamEvent>();
  for (const { commits } of nodes) {
    let last = 0;
    for (const commit of commits.filter((commit) => commit.stream === stream)) {
      const seqs = commit.events.map(({ seq }) => seq);
      const first = commit.head.seq - seqs.length + 1;
      assert.deepEqual(seqs, seqs.map((_, i) => first + i));
      assert(first > last, `${stream} ${first} was told after ${last}`);
      last = commit.head.seq;
      for (const event of commit.events) {
        assert(!events.has(event.seq), `${stream} ${event.seq} was told twice`);
        events.set(event.seq, event);
      }
    }
  }
  return events;
}

/** Markers don't pile up: there are never more than commits in flight. */
async function auditMarkers({ store, nodes, setting }: Cluster): Promise<void> {
  const markers = await store.list({ start: ["commit"], end: ["commit", 0] }, { limit: 10_000 });
  const most = nodes.length * setting.commitsMax;
  assert(markers.length <= most, `${markers.length} markers are left`);
}
