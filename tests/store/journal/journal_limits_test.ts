import assert from "node:assert/strict";
import fc from "fast-check";
import { newHead } from "../../../src/domain/head.ts";
import type { Intent } from "../../../src/domain/intent.ts";
import type { Seq } from "../../../src/domain/item.ts";
import { LiveItems } from "../../../src/domain/live_items.ts";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import { encodeHead } from "../../../src/store/codec/head_codec.ts";
import type { Entry } from "../../../src/store/journal/entry.ts";
import { keys } from "../../../src/store/keys.ts";
import { itemOf } from "../../simulation/support/journal_entries.ts";
import { Cluster } from "../../simulation/support/journal_harness.ts";
import { QUIET } from "../../simulation/support/journal_stories.ts";

/** As many live items as the configuration permits. */
const ITEMS = 10_000;

/** Long and short names, as many as fill several commits. */
const NAMES: readonly StreamName[] = Array.from(
  { length: 16 },
  (_, i): StreamName => i % 4 === 0 ? `user:${i}` : `user:${"x".repeat(125)}${100 + i}`,
);

/** Nearly as many as fit into a frame of 64 KiB. */
const ALL: readonly Seq[] = Array.from({ length: ITEMS }, (_, i) => ITEMS + i + 1);

const name = fc.constantFrom(...NAMES);

// Characters of three bytes each.
const collapseKey = fc.constantFrom(undefined, "a", "鐘".repeat(128), "鈴".repeat(128));
const bytes = fc.constantFrom(60, 2_000, 49_152);
const op = fc.constantFrom("read", "unread", "archive", "unarchive", "delete");
const scope = fc.oneof(
  fc.constant({ items: ALL }),
  fc.nat(2 * ITEMS).map((upTo) => ({ upTo })),
  fc.array(fc.nat(2 * ITEMS), { minLength: 1, maxLength: 32 }).map((items) => ({ items })),
);

type Parts = Entry<unknown>["parts"];

/** Up to eight parts, as the store itself makes them. */
function publishes(from: { bytes: typeof bytes; key: typeof collapseKey }): fc.Arbitrary<Parts> {
  const streams = fc.uniqueArray(name, { minLength: 1, maxLength: 8, size: "max" });
  return fc.tuple(streams, from.bytes, from.key).map(([streams, bytes, key]) =>
    streams.map((stream) => ({
      stream,
      intent: { kind: "publish", item: itemOf("it", bytes, key) },
    }))
  );
}

function marks(from: { op: typeof op; scope: typeof scope }): fc.Arbitrary<Parts> {
  return fc.tuple(name, from.op, from.scope).map(([stream, op, scope]) => [
    { stream, intent: { kind: "mark", op, scope } as Intent },
  ]);
}

const many = { minLength: 10, maxLength: 100, size: "max" } as const;

/** Bursts of all sorts, and of one sort: those fill a commit with what it is not made for. */
const bursts: fc.Arbitrary<Parts[]> = fc.oneof(
  fc.array(fc.oneof(publishes({ bytes, key: collapseKey }), marks({ op, scope })), many),
  fc.tuple(bytes, collapseKey).chain(([bytes, key]) =>
    fc.array(publishes({ bytes: fc.constant(bytes), key: fc.constant(key) }), many)
  ),
  fc.tuple(name, fc.integer({ min: 10, max: 30 })).map(([stream, count]) =>
    Array.from({ length: count }, (_, i): Parts => [
      { stream, intent: { kind: "mark", op: i % 2 ? "unread" : "read", scope: { items: ALL } } },
    ])
  ),
);

Deno.test("no commit is ever larger than a server takes, however much is asked at once", async () => {
  const property = fc.asyncProperty(bursts, fc.constantFrom(10, 32), async (burst, checksMax) => {
    const setting = { ...QUIET, checksMax, itemsMax: ITEMS, changesMax: 4_096, commitsMax: 1 };
    const cluster = new Cluster(setting);
    await fillStreams(cluster);
    const { journal, watchful } = cluster.node(0);
    const written = burst.map((parts) => journal.append(entry(parts)));
    await cluster.clock.until(Promise.all(written), { withinMs: 60_000 });
    assert.deepEqual(watchful.violations, []);
  });
  await fc.assert(property, { numRuns: 30 });
});

function entry(parts: Parts): Entry<void> {
  return { parts };
}

/** Each stream has all the items it may have, so that each new one pushes one out. */
async function fillStreams({ store }: Cluster): Promise<void> {
  const packed = ALL.map((seq) => seq * 4 + 1);
  const head = { ...newHead("epoch", 0), seq: 2 * ITEMS, live: LiveItems.fromPacked(packed) };
  for (const stream of NAMES) {
    const key = keys.head(stream);
    await store.commit({ checks: [], mutations: [{ kind: "set", key, value: encodeHead(head) }] });
  }
}
