import assert from "node:assert/strict";
import fc from "fast-check";
import { hasGarbage } from "../../src/domain/resume.ts";
import { stories, sweeps } from "../simulation/support/domain_arbitraries.ts";
import { play } from "../simulation/support/domain_rows.ts";

Deno.test("no row is left behind unless the head says that there is something to sweep", () => {
  fc.assert(
    fc.property(stories({ chattering: false }), sweeps, (story, sweeps) => {
      play(story, (_, stream, index) => {
        if (sweeps[index]) {
          assert.deepEqual(stream.sweep(), []);
          assert(!hasGarbage(stream.head));
        }
        const { items, changes } = stream.rows.leftovers(stream.head);
        assert.equal(stream.head.dead, items.length);
        if (!hasGarbage(stream.head)) {
          assert.deepEqual({ items, changes }, { items: [], changes: [] });
        }
        for (const seq of changes) assert(seq > stream.head.swept);
      });
    }),
    { numRuns: 1_500 },
  );
});

Deno.test("the sweeper never claims to have swept changes that are still kept", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      let swept = 0;
      play(story, (_, { head }) => {
        assert(head.swept <= head.changes.floor);
        assert(head.swept >= swept);
        assert(head.dead >= 0);
        swept = head.swept;
      });
    }),
    { numRuns: 500 },
  );
});
