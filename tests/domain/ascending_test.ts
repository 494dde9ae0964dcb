import assert from "node:assert/strict";
import fc from "fast-check";
import { ascending } from "../../src/domain/item.ts";
import { LiveItems } from "../../src/domain/live_items.ts";

const seqs = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 80 });

Deno.test("numbers come in ascending order, each once, and a list that is so already is the same", () => {
  fc.assert(fc.property(seqs, (list) => {
    const expected = [...new Set(list)].sort((a, b) => a - b);
    assert.deepEqual(ascending(list), expected);
    assert.equal(ascending(expected), expected);
  }));
});

Deno.test("items outside of ranges are counted alike, however many ranges there are", () => {
  fc.assert(fc.property(seqs, seqs, fc.integer({ min: 0, max: 60 }), (live, ends, after) => {
    const packed = ascending(live).map((seq) => seq * 4);
    const edges = ascending(ends);
    const ranges = edges.flatMap((from, i) =>
      i % 2 === 0
        ? [{ from, to: edges[i + 1] === undefined ? from : edges[i + 1] as number - 1 }]
        : []
    );
    const isOutside = (seq: number) =>
      seq > after && !ranges.some(({ from, to }) => from <= seq && seq <= to);
    const expected = ascending(live).filter(isOutside).length;
    // Padded with items below, it goes range by range; else along both.
    const padded = Array.from({ length: 4_000 }, (_, i) => (i - 4_000) * 4);
    for (const items of [packed, [...padded, ...packed]]) {
      assert.equal(LiveItems.fromPacked(items).countOutside(ranges, after), expected);
    }
  }));
});
