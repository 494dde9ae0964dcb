import assert from "node:assert/strict";
import fc from "fast-check";
import { stories } from "../simulation/support/domain_arbitraries.ts";
import { play } from "../simulation/support/domain_rows.ts";

Deno.test("events are numbered 1, 2, 3, … and each intent learns the number of its last event", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      let seq = 0;
      play(story, ({ events, seqs, head }, _, index) => {
        const intents = story.batches[index]?.intents ?? [];
        assert.deepEqual(events.map((event) => event.seq), events.map((_, i) => seq + 1 + i));
        assert.equal(head.seq, seq + events.length);
        assert.equal(seqs.length, intents.length);

        // Every event is some intent's: its last one, or the replacement just before it.
        const ends = seqs.filter((its) => its !== undefined);
        const replaced = events.filter((event) =>
          event.kind === "change" && event.change.op === "replace"
        );
        const told = [...ends, ...replaced.map((event) => event.seq)].sort((a, b) => a - b);
        assert.deepEqual(told, events.map((event) => event.seq));
        assert.deepEqual(ends, ends.toSorted((a, b) => a - b));
        for (const { seq: before } of replaced) assert(ends.includes(before + 1));

        intents.forEach((intent, i) => {
          if (intent.kind !== "publish") return;
          const event = events.find((event) => event.seq === seqs[i]);
          assert(event?.kind === "notification" && event.item === intent.item);
        });
        seq = head.seq;
      });
    }),
    { numRuns: 1_000 },
  );
});
