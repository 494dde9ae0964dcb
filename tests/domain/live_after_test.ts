import assert from "node:assert/strict";
import fc from "fast-check";
import { liveAfter, LiveItems } from "../../src/domain/live_items.ts";
import { stories } from "../simulation/support/domain_arbitraries.ts";
import { play } from "../simulation/support/domain_rows.ts";

Deno.test("whoever only hears of a stream's events knows its live items as well as its head does", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      let live = LiveItems.EMPTY;
      play(story, ({ events, head }) => {
        for (const event of events) live = liveAfter(live, event);
        const all = (items: LiveItems) => items.seqsBetween(0, head.seq, items.size);
        assert.deepEqual(all(live), all(head.live));
      });
    }),
    { numRuns: 500 },
  );
});
