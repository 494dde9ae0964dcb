import assert from "node:assert/strict";
import fc from "fast-check";
import { changeItems, changeRange, type Marks } from "../../src/domain/marks.ts";

const seq = fc.nat(40);
const flags = fc.nat(7);

Deno.test("marking many items at once is the same as marking one after the other", () => {
  const range = fc.record({ a: seq, b: seq, flags });
  fc.assert(
    fc.property(
      fc.array(range),
      fc.array(seq),
      flags,
      fc.boolean(),
      (ranges, items, bits, sets) => {
        let before: Marks = [];
        for (const { a, b, flags } of ranges) {
          before = changeRange(before, { from: Math.min(a, b), to: Math.max(a, b) }, () => flags);
        }
        const change = (flags: number) => sets ? flags | bits : flags & ~bits;
        let expected = before;
        for (const item of items) {
          expected = changeRange(
            expected,
            { from: item, to: item },
            change,
          );
        }
        assert.deepEqual(changeItems(before, items, change), expected);
      },
    ),
    { numRuns: 1_000 },
  );
});
