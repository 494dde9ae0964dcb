import assert from "node:assert/strict";
import fc from "fast-check";
import type { Head } from "../../../src/domain/head.ts";
import { LiveItems } from "../../../src/domain/live_items.ts";
import { CorruptRecord } from "../../../src/store/codec/bytes.ts";
import { decodeHead, encodeHead } from "../../../src/store/codec/head_codec.ts";

/** No stream will ever be numbered so far: a thousand events a second for 35,000 years. */
const SEQ_MAX = 2 ** 50 - 1;

const seq = fc.oneof(fc.nat(300), fc.nat(), fc.maxSafeNat().map((n) => n % (SEQ_MAX + 1)));
const text = fc.string({ unit: "binary", maxLength: 20 });

/** Ascending packed items: runs of neighbours with the same flags, and gaps of any size. */
const packed = fc.array(
  fc.record({
    gap: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 ** 18 })),
    flags: fc.nat(3),
    run: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })),
  }),
  { maxLength: 60, size: "max" },
).chain((runs) =>
  seq.map((start) => {
    const items: number[] = [];
    let last = Math.min(start, 2 ** 49);
    for (const { gap, flags, run } of runs) {
      last += gap;
      for (let i = 0; i < run; i++) items.push((last + i) * 4 + flags);
      last += run - 1;
    }
    return items;
  })
);

const ascending = (limit: number) =>
  fc.uniqueArray(seq, { maxLength: limit }).map((seqs) => seqs.sort((a, b) => a - b));

const heads: fc.Arbitrary<Head> = fc.record({
  epoch: text,
  seq,
  changes: fc.record({
    floor: fc.nat(10_000),
    blocks: fc.tuple(ascending(17), fc.array(seq, { minLength: 17, maxLength: 17 }))
      .map(([lasts, counts]) =>
        lasts.map((last, i) => ({ last: 10_000 + last, count: counts[i] ?? 0 }))
          .filter(({ last }) => last <= SEQ_MAX)
      ),
  }, { noNullPrototype: true }),
  live: packed.map((items) => LiveItems.fromPacked(items)),
  seenUpTo: seq,
  days: fc.tuple(ascending(20), ascending(20)).map(([days, firsts]) =>
    days.slice(0, firsts.length).map((day, i) => ({ day, first: firsts[i] ?? 0 }))
  ),
  swept: seq,
  dead: seq,
  topics: fc.record({ everyoneFrom: seq, count: fc.nat(100), changedAt: seq }, {
    noNullPrototype: true,
  }),
  routes: fc.array(text, { maxLength: 4 }),
}, { noNullPrototype: true });

Deno.test("a head is read as it was written", () => {
  fc.assert(
    fc.property(heads, (head) => {
      assert.deepEqual(decodeHead(encodeHead(head)), head);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("seqs are exact up to 2^50, in every place of a head", () => {
  const far = SEQ_MAX;
  const head: Head = {
    epoch: "e",
    seq: far,
    changes: { floor: 0, blocks: [{ last: far, count: 1 }] },
    live: LiveItems.fromPacked([far * 4 + 3]),
    seenUpTo: far,
    days: [{ day: 20_000, first: far }],
    swept: far,
    topics: { everyoneFrom: far, count: 0, changedAt: far },
    dead: far,
    routes: [],
  };
  assert.deepEqual(decodeHead(encodeHead(head)), head);
});

Deno.test("a head that was cut short anywhere is reported as corrupt", () => {
  fc.assert(
    fc.property(heads, (head) => {
      const bytes = encodeHead(head);
      for (let length = 0; length < bytes.length; length++) {
        assert.throws(() => decodeHead(bytes.subarray(0, length)), CorruptRecord);
      }
    }),
    { numRuns: 100 },
  );
});

Deno.test("whatever bytes are taken for a head, they are reported as corrupt or are one", () => {
  const version = encodeHead({ ...emptyHead() })[0] as number;
  const garbage = fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 200, size: "max" }))
    .map(([looksRight, bytes]) => looksRight ? Uint8Array.of(version, ...bytes) : bytes);
  const damaged = fc.tuple(heads, fc.nat(), fc.nat(255)).map(([head, at, byte]) => {
    const bytes = encodeHead(head);
    bytes[at % bytes.length] = byte;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(garbage, damaged), (bytes) => {
      let head: Head;
      try {
        head = decodeHead(bytes);
      } catch (error) {
        assert(error instanceof CorruptRecord, String(error));
        return;
      }
      assertPlausible(head);
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("a head that claims to be huge is refused before it takes the memory", () => {
  // Everything zero up to the live items: 2^49 of them, in one run.
  const claim = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
  const { length } = encodeHead(emptyHead());
  const bytes = [...encodeHead(emptyHead()).subarray(0, length - 1), ...claim, 0x09, ...claim];
  assert.throws(() => decodeHead(Uint8Array.from(bytes)), CorruptRecord);
});

Deno.test("a head is small: three bytes an item at most, and one run where all are alike", () => {
  const size = (items: readonly number[]) =>
    encodeHead({ ...emptyHead(), live: LiveItems.fromPacked(items) }).length;
  const empty = size([]);
  fc.assert(
    fc.property(packed, (items) => {
      // The first may lie anywhere, and the number of items is written too.
      assert(size(items) <= empty + 3 * items.length + 8 + 2);
    }),
    { numRuns: 500 },
  );
  const alike = Array.from({ length: 10_000 }, (_, i) => (i + 1) * 4 + 1);
  assert(size(alike) <= empty + 8);
});

function emptyHead(): Head {
  return {
    epoch: "",
    seq: 0,
    changes: { floor: 0, blocks: [] },
    live: LiveItems.EMPTY,
    seenUpTo: 0,
    days: [],
    swept: 0,
    dead: 0,
    topics: { everyoneFrom: 0, count: 0, changedAt: 0 },
    routes: [],
  };
}

/** A head that can be worked with: numbers are exact, and what has to ascend does. */
function assertPlausible(head: Head): void {
  const { seq, seenUpTo, swept, dead, changes, days, live } = head;
  const numbers = [seq, seenUpTo, swept, dead, changes.floor, ...live.packed];
  for (const { last, count } of changes.blocks) numbers.push(last, count);
  for (const { day, first } of days) numbers.push(day, first);
  for (const number of numbers) assert(Number.isSafeInteger(number), `${number}`);
  live.packed.forEach((value, i) => {
    assert(i === 0 || Math.floor(value / 4) > Math.floor((live.packed[i - 1] as number) / 4));
  });
}
