import assert from "node:assert/strict";
import fc from "fast-check";
import { LiveItems } from "../../src/domain/live_items.ts";
import {
  ARCHIVED,
  changeItems,
  changeRange,
  type Marks,
  READ,
  tidyMarks,
} from "../../src/domain/marks.ts";

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

Deno.test("neighbours that are marked alike become one run, and a range fills its gaps", () => {
  const read = () => READ;
  const two = changeRange(changeRange([], { from: 1, to: 2 }, read), { from: 3, to: 4 }, read);
  assert.deepEqual(two, [{ from: 1, to: 4, flags: READ }]);
  const apart = changeRange(changeRange([], { from: 3, to: 3 }, read), { from: 7, to: 7 }, read);
  const archive = (flags: number) => flags | ARCHIVED;
  assert.deepEqual(changeRange(apart, { from: 1, to: 8 }, archive), [
    { from: 1, to: 2, flags: ARCHIVED },
    { from: 3, to: 3, flags: READ | ARCHIVED },
    { from: 4, to: 6, flags: ARCHIVED },
    { from: 7, to: 7, flags: READ | ARCHIVED },
    { from: 8, to: 8, flags: ARCHIVED },
  ]);
});

Deno.test("tidy marks are one run where no live item lies between, however many runs there were", () => {
  const live = [2, 5, 9].reduce((items, seq) => items.append(seq), LiveItems.EMPTY);
  const marks = [{ from: 1, to: 2, flags: READ }, { from: 4, to: 6, flags: READ }];
  assert.deepEqual(tidyMarks(marks, live), [{ from: 2, to: 5, flags: READ }]);
  assert.deepEqual(
    tidyMarks([...marks, { from: 7, to: 8, flags: READ }, { from: 9, to: 9, flags: READ }], live),
    [{ from: 2, to: 9, flags: READ }],
  );
});
