import assert from "node:assert/strict";
import fc from "fast-check";
import type { Seq } from "../../src/domain/item.ts";
import { stories } from "../simulation/support/domain_arbitraries.ts";
import { play } from "../simulation/support/domain_rows.ts";

Deno.test("of the items with one collapse key only the newest is ever live", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      const published = new Map<string, Seq[]>();
      play(story, ({ events }, { head, rows }) => {
        for (const event of events) {
          if (event.kind !== "notification" || event.item.collapseKey === undefined) continue;
          const key = event.item.collapseKey;
          published.set(key, [...published.get(key) ?? [], event.seq]);
        }
        for (const [key, seqs] of published) {
          const live = seqs.filter((seq) => head.live.has(seq));
          assert(live.length <= 1, `${live} live under ${key}`);
          if (live.length === 1) assert.equal(live[0], seqs.at(-1));
          assert.equal(rows.collapsed.get(key), seqs.at(-1));
        }
      });
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("an item takes the place of a live one with its key, and of no other", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      const keys = new Map<Seq, string | undefined>();
      const live = new Set<Seq>();
      play(story, ({ events }, { head }) => {
        events.forEach((event, i) => {
          if (event.kind === "notification") {
            const same = [...live].filter((seq) =>
              event.item.collapseKey !== undefined && keys.get(seq) === event.item.collapseKey
            );
            assert.deepEqual(same, []);
            keys.set(event.seq, event.item.collapseKey);
            live.add(event.seq);
            for (const seq of live) if (seq < (event.oldest ?? 0)) live.delete(seq);
            return;
          }
          const { change } = event;
          const gone = [...live].filter((seq) =>
            "upTo" in change ? seq <= change.upTo : change.items.includes(seq)
          );
          if (change.op === "replace") {
            const next = events[i + 1];
            assert(next?.kind === "notification");
            assert.deepEqual(gone.map((seq) => keys.get(seq)), [next.item.collapseKey]);
          }
          if (["replace", "delete", "expire", "recall"].includes(change.op)) {
            for (const seq of gone) live.delete(seq);
          }
        });
        assert.deepEqual([...live], head.live.seqsBetween(0, head.seq, head.live.size));
      });
    }),
    { numRuns: 1_000 },
  );
});
