import assert from "node:assert/strict";
import { decodeHead } from "../../../src/store/codec/head_codec.ts";
import { text } from "../../../src/store/codec/bytes.ts";
import { keys } from "../../../src/store/keys.ts";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import type { GatewayWorld } from "./gateway_world.ts";
import { Ledger } from "./journal_ledger.ts";
import { Replay } from "./journal_replay.ts";
import type { Applied } from "../../fakes/memory_kv.ts";
import type { Attempt, SimulatedPublishers } from "./simulated_publishers.ts";

/** Where an item was written. */
interface Place {
  readonly seq: number;
  readonly id: string;
}

/** By title and stream. */
type Places = ReadonlyMap<string, ReadonlyMap<StreamName, readonly Place[]>>;

/**
 * Throws unless all that was ever written is what was promised: each stream is numbered without a gap
 * and its head says what its events come to; what was answered with success is there once, where the
 * answer said, and after all that had been answered before it was begun.
 */
export function audit(
  { memory }: GatewayWorld,
  { attempts }: SimulatedPublishers,
  { itemsMax }: { itemsMax: number },
): void {
  const ledger = new Ledger(memory.history);
  for (const [stream, log] of ledger.logs) {
    const { value } = memory.peek(keys.head(stream));
    assert(value !== null, `${stream} has no head`);
    const head = decodeHead(value);
    assert.deepEqual([...ledger.epochs.get(stream) ?? []], [head.epoch]);
    assert.deepEqual([...log.keys()], Array.from({ length: head.seq }, (_, i) => i + 1), stream);
    const replay = new Replay({ itemsMax });
    for (const [seq, row] of log) replay.take(seq, row.value);
    replay.assertSameAs(head);
  }
  const places = placesOf(memory.history);
  for (const attempt of attempts) auditAttempt(attempt, places);
  auditOrder(attempts, places);
}

function auditAttempt(attempt: Attempt, places: Places): void {
  const { title, streams, answers, acknowledged, repeats, mayBeMissing } = attempt;
  const written = places.get(title);
  for (const stream of streams) {
    const there = written?.get(stream) ?? [];
    assert(there.length <= 1, `${title} was written ${there.length} times to ${stream}`);
    const isMissing = there.length === 0 && acknowledged && !mayBeMissing;
    assert(!isMissing, `${title} was acknowledged, and is not on ${stream}`);
  }
  assert(written === undefined || written.size <= streams.length, `${title} went to others too`);
  assert(!repeats || acknowledged, `${title} was never answered`);
  for (const { id, deliveries, sendAt } of answers) {
    if (sendAt === undefined) assert.deepEqual(deliveries.map(({ stream }) => stream), streams);
    for (const { stream, seq } of deliveries) {
      const place = written?.get(stream)?.[0];
      assert.deepEqual(place, { seq, id }, `${title} is not where its publisher was told`);
    }
  }
}

/** What had been answered when another was begun comes before it. */
function auditOrder(attempts: readonly Attempt[], places: Places): void {
  const prompt = attempts.filter(({ later }) => !later);
  const streams = new Set(prompt.flatMap(({ streams }) => streams));
  for (const stream of streams) {
    const written = prompt.flatMap(({ title, begun, answered }) => {
      const seq = places.get(title)?.get(stream)?.[0]?.seq;
      return seq === undefined ? [] : [{ title, begun, answered, seq }];
    });
    const answered = written.toSorted((a, b) => a.answered - b.answered);
    let next = 0;
    let last = { seq: 0, title: "nothing" };
    for (const { title, begun, seq } of written.toSorted((a, b) => a.begun - b.begun)) {
      for (let one = answered[next]; one && one.answered < begun; one = answered[++next]) {
        if (one.seq > last.seq) last = one;
      }
      assert(last.seq < seq, `${title} came before ${last.title}, which was there, on ${stream}`);
    }
  }
}

function placesOf(history: readonly Applied[]): Places {
  const places = new Map<string, Map<StreamName, Place[]>>();
  for (const { mutations } of history) {
    for (const mutation of mutations) {
      if (mutation.kind !== "set" || mutation.key[0] !== "item") continue;
      const [, stream, , seq] = mutation.key as unknown as [string, StreamName, string, number];
      const { id, title } = JSON.parse(text(mutation.value));
      const own = places.get(title) ?? new Map<StreamName, Place[]>();
      places.set(title, own.set(stream, [...own.get(stream) ?? [], { seq, id }]));
    }
  }
  return places;
}
