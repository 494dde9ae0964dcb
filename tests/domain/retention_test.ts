import assert from "node:assert/strict";
import fc from "fast-check";
import type { Seq } from "../../src/domain/item.ts";
import { dayOf, startOfDay } from "../../src/domain/days.ts";
import { stories, type Story } from "../simulation/support/domain_arbitraries.ts";
import { play, StoredStream } from "../simulation/support/domain_rows.ts";

Deno.test("nothing that was published before the day that is retained stays live", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      const published = new Map<Seq, number>();
      let today = 0;
      play(story, ({ events, seqs }, { head }, index) => {
        const { now, intents } = story.batches[index] ?? { now: 0, intents: [] };
        // Where the clock was set back, an event counts for the latest day so far at most.
        today = Math.max(today, dayOf(now));
        for (const event of events) {
          if (event.kind === "notification") published.set(event.seq, today);
        }
        intents.forEach((intent, i) => {
          if (intent.kind !== "retain") return;
          const until = seqs.slice(0, i).findLast((seq) => seq !== undefined) ??
            head.seq - events.length;
          for (const [seq, day] of published) {
            if (seq > until || day >= intent.day) continue;
            assert(!head.live.has(seq), `item ${seq} of day ${day}`);
            assert(seq <= head.changes.floor);
          }
        });
      });
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("a stream that keeps anything has one day on which it is due, always a future one", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      const { retentionDays } = story.limits;
      const stream = new StoredStream(story.limits);
      for (const { now, intents } of forwards(story.without("retain"))) {
        const today = dayOf(now);
        for (const day of [...stream.rows.retention]) {
          if (now >= startOfDay(day)) {
            stream.take([{ kind: "retain", day: today - retentionDays }], now);
          }
        }
        stream.take(intents, now);
        const { days } = stream.head;
        assert.equal(stream.rows.retention.size, days.length === 0 ? 0 : 1);
        assert(days.length <= retentionDays + 1, "days pile up");
        for (const day of stream.rows.retention) {
          assert(day > today);
          assert.equal(day, (days[0]?.day ?? 0) + retentionDays + 1);
        }
        for (const { day } of days) assert(day >= today - retentionDays);
      }
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("however wrong the clock was, it is due again when the retention after today is over", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      const { retentionDays } = story.limits;
      const stream = new StoredStream(story.limits);
      for (const { now, intents } of story.without("retain").batches) {
        const { seq } = stream.head;
        stream.take(intents, now);
        const { days } = stream.head;
        if (stream.head.seq === seq) continue;
        for (const { day } of days) assert(day <= dayOf(now) + 1, "a day that is still to come");
        assert.deepEqual([...stream.rows.retention], [(days[0]?.day ?? 0) + retentionDays + 1]);
      }
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("day marks ascend and begin with the first event that is kept", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      play(story, (_, { head: { days, seq, live, changes } }) => {
        days.forEach((mark, i) => {
          const next = days[i + 1];
          assert(mark.first <= seq);
          if (next !== undefined) assert(mark.day < next.day && mark.first < next.first);
        });
        const first = days[0]?.first ?? seq + 1;
        assert(live.oldest === undefined || live.oldest >= first);
        assert(changes.floor >= first - 1);
      });
    }),
    { numRuns: 1_000 },
  );
});

/** A story's batches, told with a clock that never goes back. */
function forwards({ batches }: Story): Story["batches"] {
  let latest = 0;
  return batches.map(({ now, intents }) => {
    latest = Math.max(latest, now);
    return { now: latest, intents };
  });
}
