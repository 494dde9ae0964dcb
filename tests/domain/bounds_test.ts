import assert from "node:assert/strict";
import fc from "fast-check";
import { changesKept } from "../../src/domain/change_log.ts";
import { hasChangeAfter } from "../../src/domain/resume.ts";
import { stories, sweeps } from "../simulation/support/domain_arbitraries.ts";
import { play } from "../simulation/support/domain_rows.ts";

Deno.test("a stream keeps no more than it may, and all that it says it keeps", () => {
  fc.assert(
    fc.property(stories(), sweeps, (story, sweeps) => {
      const { itemsMax, changesMax } = story.limits;
      const changes: number[] = [];
      let floor = 0;
      play(story, ({ events }, stream, index) => {
        for (const event of events) if (event.kind === "change") changes.push(event.seq);
        if (sweeps[index]) stream.sweep();
        const { head, rows } = stream;
        assert(head.live.size <= itemsMax);
        assert(changesKept(head.changes) <= changesMax);
        assert(head.changes.floor >= floor && head.changes.floor <= head.seq);
        floor = head.changes.floor;

        const above = changes.filter((seq) => seq > floor);
        assert(above.length <= changesMax);
        for (const seq of above) assert(rows.changes.has(seq), `change ${seq} has no row`);
        for (const seq of head.live.seqsBetween(0, head.seq, itemsMax)) {
          assert(rows.items.has(seq), `item ${seq} has no row`);
        }
        for (let seq = 0; seq <= head.seq; seq++) {
          assert.equal(hasChangeAfter(head, seq), above.some((its) => its > seq));
        }
      });
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("a stream that only ever gains changes keeps nearly as many as it may", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      const { changesMax } = story.limits;
      const { head, rows } = play(story.without("retain"));
      const above = [...rows.changes.keys()].filter((seq) => seq > head.changes.floor);
      const least = Math.min(rows.changes.size, changesMax - Math.floor(changesMax / 16));
      assert(above.length >= least);
      assert.equal(changesKept(head.changes), above.length);
    }),
    { numRuns: 1_000 },
  );
});
