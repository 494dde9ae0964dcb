import assert from "node:assert/strict";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import type { Publication } from "../../../src/store/publish/publication.ts";
import { publicationTo, StoreWorld } from "../../simulation/support/store_world.ts";

/** As many, and with names as long, as a call may have. */
const STREAMS = Array.from(
  { length: 1_000 },
  (_, i): StreamName => `user:${String(i).padStart(128, "x")}`,
);
/** What an item takes at most. */
const ITEM_BYTES = 48 * 1024;

/** A notification that is as large as may be. */
function large(publication: Publication): Publication {
  return {
    ...publication,
    item: (id, at) => {
      const item = publication.item(id, at);
      const room = ITEM_BYTES - item.bytes.length - `,"pad":""`.length;
      const json = `${item.json.slice(0, -1)},"pad":"${"x".repeat(room)}"}`;
      return { ...item, json, bytes: new TextEncoder().encode(json) };
    },
  };
}

Deno.test("the largest notifications can be scheduled, many at once, within the limits of the KV", async () => {
  const world = new StoreWorld();
  await using process = await world.open();
  const sendAt = world.clock.now() + 60_000;
  const publishing = Array.from({ length: 8 }, (_, i) =>
    process.store.publisher.publish({
      ...large(publicationTo(STREAMS, { sendAt })),
      idempotency: { publisher: "ci", key: `${"k".repeat(250)}${i}`, bodyHash: "h" },
    }));
  const published = await world.run(Promise.all(publishing));
  assert.equal(new Set(published.map(({ id }) => id)).size, 8);
  for (const { id } of published.slice(1)) {
    assert.equal(await world.run(process.store.notifications.recall(id)), true);
  }
  const [first] = published;
  const { notifications } = process.store;
  const status = await world.run(notifications.status(first?.id ?? "", { limit: 100 }));
  assert.equal(status?.state, "scheduled");
  assert.deepEqual(
    status.deliveries,
    STREAMS.slice(0, 100).map((stream) => ({ stream })),
  );
  await world.clock.advance(75_000);
  for (const stream of [STREAMS[0], STREAMS[399], STREAMS[400], STREAMS[999]]) {
    assert.deepEqual(await world.items(stream as StreamName), [first?.id]);
  }
  assert.deepEqual(await world.leftovers("scheduled"), []);
  assert.deepEqual(world.trouble, []);
});
