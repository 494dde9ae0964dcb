import assert from "node:assert/strict";
import fc from "fast-check";
import type { Head } from "../../src/domain/head.ts";
import { applyIntents } from "../../src/domain/stream.ts";
import { stories } from "../simulation/support/domain_arbitraries.ts";
import { NO_TOPICS, StreamRows } from "../simulation/support/domain_rows.ts";

Deno.test("applying intents changes nothing that was passed in, and gives the same answer twice", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      const rows = new StreamRows();
      let head: Head | undefined;
      for (const { now, intents } of story.batches) {
        const context = {
          limits: freeze(story.limits),
          now,
          newEpoch: () => "e1",
          ...NO_TOPICS,
          collapsed: (key: string) => rows.collapsed.get(key),
        };
        // Whatever is written to in spite of it throws.
        freeze(head);
        freeze(intents);
        const before = plain(head);
        const applied = applyIntents(head, intents, context);
        const first = plain(applied);
        assert.deepEqual(plain(applyIntents(head, intents, context)), first);
        assert.deepEqual(plain(head), before);
        for (const row of applied.rows) rows.write(row);
        head = applied.head;
      }
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("an epoch is only made for a stream that does not exist yet", () => {
  let made = 0;
  const context = {
    limits: { itemsMax: 1, changesMax: 1, retentionDays: 1 },
    now: 0,
    newEpoch: () => `e${++made}`,
    ...NO_TOPICS,
    collapsed: () => undefined,
  };
  const { head } = applyIntents(undefined, [{ kind: "open" }], context);
  assert.equal(head.epoch, "e1");
  assert.equal(applyIntents(head, [{ kind: "open" }], context).head.epoch, "e1");
  assert.equal(made, 1);
});

/** A copy that shares nothing; numbers, strings and lists are all there is in a head. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  Object.values(value).forEach(freeze);
  return Object.freeze(value);
}
