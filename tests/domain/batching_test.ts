import assert from "node:assert/strict";
import fc from "fast-check";
import type { Intent } from "../../src/domain/intent.ts";
import type { StreamLimits } from "../../src/domain/stream.ts";
import { stories } from "../simulation/support/domain_arbitraries.ts";
import { StoredStream } from "../simulation/support/domain_rows.ts";

const NOW = Date.UTC(2026, 0, 15, 12);

Deno.test("however intents are grouped into commits, the stream comes out the same", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      const { intents, limits } = story;
      const grouped = run(limits, story.batches.map((batch) => batch.intents));
      assert.deepEqual(run(limits, [intents]), grouped);
      assert.deepEqual(run(limits, intents.map((intent) => [intent])), grouped);
    }),
    { numRuns: 1_000 },
  );
});

function run(limits: StreamLimits, batches: readonly (readonly Intent[])[]): unknown {
  const stream = new StoredStream(limits);
  const applied = batches.map((intents) => stream.take(intents, NOW));
  return {
    head: stream.head,
    events: applied.flatMap(({ events }) => events),
    rows: applied.flatMap(({ rows }) => rows),
    seqs: applied.flatMap(({ seqs }) => seqs),
  };
}
