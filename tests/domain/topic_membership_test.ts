import assert from "node:assert/strict";
import fc from "fast-check";
import type { ChangeOp, ChangeScope, MarkOp } from "../../src/domain/event.ts";
import type { ItemFlags } from "../../src/domain/item.ts";
import { LiveItems } from "../../src/domain/live_items.ts";
import {
  applyMark,
  countsFor,
  decideMark,
  flagsFor,
  forgetMarksBelow,
  isMark,
  newMembership,
  oldestFor,
} from "../../src/domain/topic_membership.ts";
import { decodeMembership, encodeMembership } from "../../src/store/codec/membership_codec.ts";

/** What happens to a topic and to one of its members. */
type Step =
  | { readonly kind: "publish" | "change" }
  | { readonly kind: "remove"; readonly pick: number }
  | { readonly kind: "trim"; readonly count: number }
  | { readonly kind: "mark"; readonly op: MarkOp; readonly scope: ChangeScope };

const seqs = fc.integer({ min: -2, max: 45 });
const scopes: fc.Arbitrary<ChangeScope> = fc.oneof(
  seqs.map((upTo) => ({ upTo: Math.max(0, upTo) })),
  fc.array(seqs, { minLength: 1, maxLength: 6 }).map((items) => ({ items })),
);
const ops = fc.constantFrom<MarkOp>("read", "unread", "seen", "archive", "unarchive", "delete");
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Step>({ kind: "publish" }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: "change" }) },
    { weight: 2, arbitrary: fc.nat(9).map((pick): Step => ({ kind: "remove", pick })) },
    { weight: 1, arbitrary: fc.nat(3).map((count): Step => ({ kind: "trim", count })) },
    {
      weight: 6,
      arbitrary: fc.tuple(ops, scopes).map(([op, scope]): Step => ({ kind: "mark", op, scope })),
    },
  ),
  { maxLength: 60, size: "max" },
);

/** The plainest record of what a member sees of one item. */
type Seen = { -readonly [flag in keyof ItemFlags]: boolean };

const CHANGED: Record<Exclude<MarkOp, "delete">, (item: Seen) => void> = {
  read: (item) => item.read = true,
  unread: (item) => item.read = false,
  seen: (item) => item.seen = true,
  archive: (item) => item.archived = true,
  unarchive: (item) => item.archived = false,
};

Deno.test("what a member sees of a topic is what the member made of each item, however it came about", () => {
  fc.assert(
    fc.property(fc.nat(8), steps, (early, steps) => {
      let live = LiveItems.EMPTY;
      let seq = 0;
      while (seq < early) live = live.append(++seq);
      let member = newMembership(seq, false);
      // What another instance makes of the same changes, which are all it hears of.
      let told = member;
      const naive = new Map<number, Seen>();
      for (const step of steps) {
        switch (step.kind) {
          case "publish":
            live = live.append(++seq);
            naive.set(seq, { read: false, seen: false, archived: false });
            break;
          case "change":
            seq++;
            break;
          case "remove": {
            const all = live.seqsBetween(0, seq, live.size);
            const gone = all[step.pick % Math.max(1, all.length)];
            if (gone === undefined) break;
            live = live.remove([gone]).live;
            naive.delete(gone);
            break;
          }
          case "trim": {
            const gone = live.seqsBetween(0, seq, step.count);
            live = live.dropOldest(gone.length);
            for (const item of gone) naive.delete(item);
            break;
          }
          case "mark": {
            const before = structuredClone(naive);
            mark(naive, step, seq);
            const decided = decideMark(member, { live, seq }, step);
            const isChanged = !sameMaps(before, naive);
            assert.equal(decided !== undefined, isChanged);
            if (decided === undefined) break;
            member = decodeMembership(encodeMembership(decided.membership));
            assert.deepEqual(member, decided.membership);
            if (step.op !== "seen") assert(member.marks.length <= live.size);
            told = applyMark(told, { op: step.op, ...decided.scope });
            break;
          }
        }
        for (const view of [member, told]) {
          assert.deepEqual(countsFor(live, view), count(naive));
          for (const item of live.seqsBetween(0, seq, live.size)) {
            assert.deepEqual(flagsFor(view, item), naive.get(item));
          }
          assert.equal(oldestFor(live, view, seq), naive.keys().next().value ?? seq + 1);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});

function mark(items: Map<number, Seen>, { op, scope }: Step & { kind: "mark" }, seq: number): void {
  const isSeen = op === "seen";
  const upTo = "upTo" in scope
    ? scope.upTo
    : isSeen
    ? Math.max(0, ...scope.items.filter((item) => item <= seq))
    : 0;
  for (const [item, flags] of [...items]) {
    const isMeant = item <= upTo || (!isSeen && "items" in scope && scope.items.includes(item));
    if (!isMeant) continue;
    if (op === "delete") items.delete(item);
    else CHANGED[op](flags);
  }
}

function sameMaps(a: Map<number, Seen>, b: Map<number, Seen>): boolean {
  return JSON.stringify([...a]) === JSON.stringify([...b]);
}

function count(items: Map<number, Seen>): { unread: number; unseen: number } {
  const unread = [...items.values()].filter(({ read, archived }) => !read && !archived);
  return { unread: unread.length, unseen: unread.filter(({ seen }) => !seen).length };
}

Deno.test("marks on the oldest item that is left are kept, and those below it forgotten", () => {
  const marks = [{ from: 1, to: 2, flags: 1 }, { from: 3, to: 4, flags: 1 }];
  const membership = { ...newMembership(0, false), marks };
  assert.deepEqual(forgetMarksBelow(membership, 4).marks, [{ from: 3, to: 4, flags: 1 }]);
  assert.equal(forgetMarksBelow(membership, 2), membership);
});

Deno.test("a change is a mark where a user's device can ask for it", () => {
  const isMarkOp = (op: ChangeOp) => isMark({ op, items: [] });
  assert(
    ["read", "unread", "seen", "archive", "unarchive", "delete"].every((op) =>
      isMarkOp(op as ChangeOp)
    ),
  );
  assert(!["replace", "expire", "recall", "join", "leave"].some((op) => isMarkOp(op as ChangeOp)));
});

Deno.test("items that are marked as seen by number raise the watermark to the newest of them", () => {
  const seen = (upTo: number, items: number[]) =>
    applyMark({ ...newMembership(0, false), seenUpTo: upTo }, { op: "seen", items }).seenUpTo;
  assert.deepEqual([seen(3, [7, 5]), seen(9, [7, 5]), seen(0, [])], [7, 9, 0]);
});
