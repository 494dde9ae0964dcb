import assert from "node:assert/strict";
import fc from "fast-check";
import type { ChangeScope, MarkOp } from "../../src/domain/event.ts";
import type { Intent } from "../../src/domain/intent.ts";
import { stories } from "../simulation/support/domain_arbitraries.ts";
import { play, StoredStream } from "../simulation/support/domain_rows.ts";

const OPS: readonly MarkOp[] = ["read", "unread", "seen", "archive", "unarchive", "delete"];

/** How far before the newest event something lies. */
const backs = fc.array(fc.nat(12), { maxLength: 6 });

Deno.test("an intent that changes nothing writes nothing", () => {
  fc.assert(
    fc.property(stories({ chattering: false }), (story) => {
      const stream = new StoredStream(story.limits);
      for (const { now, intents } of story.batches) {
        for (const intent of intents) {
          const { head } = stream;
          const applied = stream.take([intent], now);
          if (applied.events.length > 0) continue;
          assert.deepEqual(applied.seqs, [undefined]);
          if (intent.kind === "retain") {
            // It may have let go of old days; what is kept needs its due row again.
            assert.equal(applied.rows.length, applied.head.days.length === 0 ? 0 : 1);
            assert(applied.rows.every((row) => row.kind === "retention"));
          } else {
            assert.deepEqual(applied.rows, []);
            assert.deepEqual(applied.head, head);
          }
        }
      }
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("a mark that was made once does nothing the second time", () => {
  fc.assert(
    fc.property(
      stories(),
      fc.constantFrom(...OPS),
      fc.boolean(),
      backs,
      (story, op, one, backs) => {
        const { now } = story.batches.at(-1) ?? { now: 0 };
        const stream = play(story);
        const items = backs.map((back) => stream.head.seq - back);
        const scope: ChangeScope = one ? { upTo: items[0] ?? 0 } : { items };
        const mark: Intent = { kind: "mark", op, scope };
        stream.take([mark], now);
        const { head } = stream;
        const again = stream.take([mark], now);
        assert.deepEqual(again, { absent: false, head, rows: [], events: [], seqs: [undefined] });
      },
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("a device that marks all that it hears of as seen is answered once, not for ever", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      const { now } = story.batches.at(-1) ?? { now: 0 };
      const stream = play(story);
      const seen = (): Intent => ({ kind: "mark", op: "seen", scope: { upTo: stream.head.seq } });
      stream.take([seen()], now);
      assert.deepEqual(stream.take([seen()], now).events, []);
    }),
    { numRuns: 500 },
  );
});
