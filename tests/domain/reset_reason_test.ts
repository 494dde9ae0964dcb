import assert from "node:assert/strict";
import fc from "fast-check";
import { newHead } from "../../src/domain/head.ts";
import { resetReason } from "../../src/domain/resume.ts";
import { stories } from "../simulation/support/domain_arbitraries.ts";
import { play } from "../simulation/support/domain_rows.ts";

Deno.test("a device is sent back to the start only for a reason, and told which", () => {
  fc.assert(
    fc.property(stories(), fc.nat(60), (story, seq) => {
      const { head } = play(story);
      const expected = seq > head.seq ? "epoch" : seq < head.changes.floor ? "trimmed" : undefined;
      assert.equal(resetReason(head, { epoch: head.epoch, seq }), expected);
      assert.equal(resetReason(head, { epoch: "another", seq }), "epoch");
      assert.equal(resetReason(head, undefined), "new");
    }),
    { numRuns: 500 },
  );
});

Deno.test("a device can go on from the very start for as long as no change was trimmed", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      const { head, rows } = play(story.without("retain"));
      const expected = rows.changes.size > story.limits.changesMax ? "trimmed" : undefined;
      assert.equal(resetReason(head, { epoch: head.epoch, seq: 0 }), expected);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a device that waited for a stream's first event goes on from its start", () => {
  const head = newHead("e1", 0);
  assert.equal(resetReason(head, { epoch: "e1", seq: 0 }), undefined);
});
