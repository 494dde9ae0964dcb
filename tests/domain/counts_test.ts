import assert from "node:assert/strict";
import fc from "fast-check";
import { countsOf, type Head, oldestOf } from "../../src/domain/head.ts";
import type { Seq } from "../../src/domain/item.ts";
import { stories } from "../simulation/support/domain_arbitraries.ts";
import { play } from "../simulation/support/domain_rows.ts";
import { NaiveStream, plainEvent } from "../simulation/support/naive_stream.ts";

Deno.test("events, counts and flags are what a list of all events says they should be", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      const naive = new NaiveStream(story.limits);
      play(story, (applied, { head }, index) => {
        const { now, intents } = story.batches[index] ?? { now: 0, intents: [] };
        const before = naive.seq;
        const seqs = intents.map((intent) => naive.take(intent, now));
        assert.deepEqual(applied.seqs, seqs);
        assert.deepEqual(applied.events.map(plainEvent), naive.events.slice(before));
        assert.deepEqual(countsOf(head), naive.counts);
        assert.deepEqual(flagsOfHead(head), flagsOfNaive(naive));
        assert.equal(oldestOf(head), naive.live[0] ?? naive.seq + 1);
      });
    }),
    { numRuns: 2_000 },
  );
});

function flagsOfHead(head: Head): unknown[] {
  return head.live.seqsBetween(0, head.seq, head.live.size)
    .map((seq: Seq) => [seq, head.live.flags(seq, head.seenUpTo)]);
}

function flagsOfNaive(naive: NaiveStream): unknown[] {
  return [...naive.items].filter(([, item]) => item.live)
    .map(([seq, { read, seen, archived }]) => [seq, { read, seen, archived }]);
}
