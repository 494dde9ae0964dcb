import assert from "node:assert/strict";
import fc from "fast-check";
import type { Intent } from "../../src/domain/intent.ts";
import { applyIntents } from "../../src/domain/stream.ts";
import { item, stories } from "../simulation/support/domain_arbitraries.ts";
import { NO_TOPICS, play } from "../simulation/support/domain_rows.ts";

const context = {
  limits: { itemsMax: 10, changesMax: 10, retentionDays: 90 },
  now: 0,
  newEpoch: () => "another",
  ...NO_TOPICS,
  collapsed: () => undefined,
};

Deno.test("an erased stream is absent, and what comes next makes another one that knows nothing of it", () => {
  fc.assert(
    fc.property(stories(), fc.boolean(), (story, goesOn) => {
      const { head } = play(story);
      const next: Intent[] = goesOn ? [{ kind: "publish", item: item(1, undefined) }] : [];
      const applied = applyIntents(head, [{ kind: "erase", topics: [] }, ...next], context);
      assert.equal(applied.absent, !goesOn);
      assert.equal(applied.head.epoch, "another");
      assert.equal(applied.head.seq, next.length);
      assert.deepEqual(applied.events.map(({ seq }) => seq), goesOn ? [1] : []);
      assert.deepEqual(applied.head.routes, []);
    }),
    { numRuns: 200 },
  );
});

Deno.test("what only concerns a stream that is there makes none where there is none", () => {
  const intents: Intent[] = [
    { kind: "mark", op: "read", scope: { upTo: 3 } },
    { kind: "markTopic", topic: "topic:everyone", op: "read", scope: { upTo: 3 } },
    { kind: "leave", topic: "topic:news" },
    { kind: "expire", seq: 1 },
    { kind: "recall", seq: 1 },
    { kind: "retain", day: 3 },
    { kind: "swept", upTo: 3, items: 1 },
    { kind: "unroute", instances: ["i1"] },
    { kind: "erase", topics: [] },
  ];
  const nothing = applyIntents(undefined, intents, context);
  assert(nothing.absent);
  assert.deepEqual([nothing.rows, nothing.events], [[], []]);
  for (const made of [{ kind: "open" }, { kind: "route", instance: "i1" }] as const) {
    assert(!applyIntents(undefined, [...intents, made, ...intents.slice(3, 6)], context).absent);
  }
});
