import assert from "node:assert/strict";
import fc from "fast-check";
import type { ItemFlags, Seq } from "../../src/domain/item.ts";
import { type FlagChange, LiveItems } from "../../src/domain/live_items.ts";

/** What {@link LiveItems} has to be equal to. */
interface Plain {
  readonly seq: Seq;
  readonly read: boolean;
  readonly archived: boolean;
}

type Step =
  | { readonly do: "append"; readonly gap: number }
  | { readonly do: "drop"; readonly count: number }
  | { readonly do: "remove" | FlagChange; readonly at: readonly number[] };

const FLAG_CHANGES: readonly FlagChange[] = ["read", "unread", "archive", "unarchive"];

// Seqs lie far apart at times; from 2^29 on they are no small integers any more.
const gaps = fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constantFrom(1_000, 2 ** 29, 2 ** 40));

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: gaps.map((gap): Step => ({ do: "append", gap })) },
  { weight: 1, arbitrary: fc.nat(3).map((count): Step => ({ do: "drop", count })) },
  {
    weight: 5,
    arbitrary: fc.tuple(
      fc.constantFrom("remove" as const, ...FLAG_CHANGES),
      fc.array(fc.integer({ min: -2, max: 12 }), { maxLength: 5 }),
    ).map(([what, at]): Step => ({ do: what, at })),
  },
);

const journeys = fc.array(steps, { maxLength: 40, size: "max" });

Deno.test("the live items are what a plain list of items would be", () => {
  fc.assert(
    fc.property(journeys, fc.nat(14), (steps, watermark) => {
      let live = LiveItems.EMPTY;
      let plain: Plain[] = [];
      for (const step of steps) {
        const before = live.packed.slice();
        const old = live;
        const next = take(live, plain, step);
        live = next.live;
        plain = next.plain;
        assert.deepEqual(old.packed, before);
        expectSame(live, plain, around(plain)[watermark] ?? 0);
      }
    }),
    { numRuns: 1_500 },
  );
});

Deno.test("live items come out of a codec as they went in", () => {
  fc.assert(
    fc.property(journeys, (steps) => {
      let live = LiveItems.EMPTY;
      let plain: Plain[] = [];
      for (const step of steps) ({ live, plain } = take(live, plain, step));
      assert.deepEqual(LiveItems.fromPacked(live.packed.slice()), live);
    }),
    { numRuns: 500 },
  );
});

function take(live: LiveItems, plain: Plain[], step: Step): { live: LiveItems; plain: Plain[] } {
  if (step.do === "append") {
    const seq = (plain.at(-1)?.seq ?? 0) + step.gap;
    return { live: live.append(seq), plain: [...plain, { seq, read: false, archived: false }] };
  }
  if (step.do === "drop") {
    const count = Math.min(step.count, plain.length);
    return { live: live.dropOldest(count), plain: plain.slice(count) };
  }
  const named = around(plain);
  const seqs = step.at.map((at) => named[at] ?? at);
  if (step.do === "remove") {
    const { live: after, removed } = live.remove(seqs);
    const gone = plain.filter((item) => seqs.includes(item.seq));
    assert.deepEqual(removed, gone.map((item) => item.seq));
    return { live: after, plain: plain.filter((item) => !gone.includes(item)) };
  }
  const flags = FLAGS[step.do];
  const after = plain.map((item) => seqs.includes(item.seq) ? { ...item, ...flags } : item);
  const { live: changed, marked } = live.mark(seqs, step.do);
  const different = after.filter(({ read, archived }, i) =>
    plain[i]?.read !== read || plain[i]?.archived !== archived
  );
  assert.deepEqual(marked, different.map((item) => item.seq));
  return { live: changed, plain: after };
}

const FLAGS: Record<FlagChange, Partial<Plain>> = {
  read: { read: true },
  unread: { read: false },
  archive: { archived: true },
  unarchive: { archived: false },
};

function expectSame(live: LiveItems, plain: readonly Plain[], seenUpTo: Seq): void {
  const flags = ({ seq, read, archived }: Plain): ItemFlags => (
    { read, seen: seq <= seenUpTo, archived }
  );
  const unread = plain.filter((item) => !item.read && !item.archived);
  assert.equal(live.size, plain.length);
  assert.equal(live.oldest, plain[0]?.seq);
  assert.equal(live.unread, unread.length);
  assert.equal(live.unseen(seenUpTo), unread.filter((item) => item.seq > seenUpTo).length);
  for (const seq of around(plain)) {
    const item = plain.find((item) => item.seq === seq);
    assert.equal(live.has(seq), item !== undefined);
    assert.deepEqual(live.flags(seq, seenUpTo), item && flags(item));

    const above = plain.filter((item) => item.seq > seenUpTo && item.seq <= seq);
    assert.deepEqual(live.seqsBetween(seenUpTo, seq, 3), above.slice(0, 3).map((it) => it.seq));

    const below = plain.filter((item) => item.seq < seq).reverse();
    const visited: unknown[] = [];
    live.visitNewestFirst(seq, seenUpTo, (seq, flags) => visited.push([seq, flags]) < 3);
    assert.deepEqual(visited, below.slice(0, 3).map((item) => [item.seq, flags(item)]));
  }
}

/** The seqs of up to five items, old and new ones, and those on either side of each. */
function around(plain: readonly Plain[]): Seq[] {
  const some = [...plain.slice(0, 2), ...plain.slice(2).slice(-3)];
  return some.flatMap(({ seq }) => [seq - 1, seq, seq + 1]);
}
