import assert from "node:assert/strict";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import type { Publication } from "../../../src/store/publish/publication.ts";
import { publicationTo, StoreWorld } from "../../simulation/support/store_world.ts";

const DAY_MS = 86_400_000;
/** Streams of every kind are kept, replaced and cleared alike. */
const STREAMS: readonly StreamName[] = ["user:ada", "topic:news", "topic:everyone"];

async function publish(world: StoreWorld, publication: Publication): Promise<string> {
  await using process = await world.open();
  return (await world.run(process.store.publisher.publish(publication))).id;
}

for (const stream of STREAMS) {
  Deno.test(`a collapse key replaces the earlier item of ${stream}, also of a scheduled one`, async () => {
    const world = new StoreWorld();
    const withKey = (publication: Publication): Publication => ({
      ...publication,
      item: (id, at) => {
        const item = publication.item(id, at);
        const json = `${item.json.slice(0, -1)},"collapseKey":"k"}`;
        return { ...item, json, bytes: new TextEncoder().encode(json), collapseKey: "k" };
      },
    });
    const sendAt = world.clock.now() + 5_000;
    const later = await publish(world, withKey(publicationTo([stream], { sendAt })));
    const first = await publish(world, withKey(publicationTo([stream])));
    assert.deepEqual(await world.items(stream), [first]);
    const second = await publish(world, withKey(publicationTo([stream])));
    assert.deepEqual(await world.items(stream), [second]);
    const other = await publish(world, publicationTo([stream]));
    await using _process = await world.open();
    await world.clock.advance(7_000);
    assert.deepEqual(await world.items(stream), [other, later]);
  });

  Deno.test(`what has expired is gone from ${stream} within two seconds, and its due row with it`, async () => {
    const world = new StoreWorld();
    const expiresAt = world.clock.now() + 10_000;
    const id = await publish(world, publicationTo([stream], { expiresAt }));
    await using process = await world.open();
    await world.clock.advance(expiresAt - world.clock.now() - 1);
    assert.deepEqual(await world.items(stream), [id]);
    await world.clock.advance(2_000);
    assert.deepEqual(await world.items(stream), []);
    const status = await world.run(process.store.notifications.status(id, { limit: 1 }));
    assert.equal(status?.state, "expired");
    const due = await world.leftovers("due") as unknown[][];
    assert.deepEqual(due.filter((key) => key.includes(id)), []);
  });

  Deno.test(`what is older than the retention is gone from ${stream}, and nobody knows of it`, async () => {
    const world = new StoreWorld();
    const old = await publish(world, publicationTo([stream]));
    await world.clock.advance(60 * DAY_MS);
    const young = await publish(world, publicationTo([stream]));
    await world.clock.advance(32 * DAY_MS);
    await using process = await world.open();
    assert.deepEqual(await world.items(stream), [young]);
    const { notifications } = process.store;
    assert.equal(await world.run(notifications.status(old, { limit: 1 })), undefined);
    assert.equal(await world.run(notifications.recall(old)), false);
    assert.equal((await world.run(notifications.status(young, { limit: 1 })))?.state, "sent");
  });
}

Deno.test("what is sent a year from now outlives the retention until then, and counts from then", async () => {
  const world = new StoreWorld();
  const sendAt = world.clock.now() + 365 * DAY_MS;
  const id = await publish(world, publicationTo(["user:ada"], { sendAt }));
  await world.clock.advance(364 * DAY_MS);
  {
    await using process = await world.open();
    const status = await world.run(process.store.notifications.status(id, { limit: 1 }));
    assert.equal(status?.state, "scheduled");
    assert.deepEqual(await world.items("user:ada"), []);
  }
  await world.clock.advance(DAY_MS);
  {
    await using _process = await world.open();
    assert.deepEqual(await world.items("user:ada"), [id]);
  }
  await world.clock.advance(89 * DAY_MS);
  await using process = await world.open();
  assert.deepEqual(await world.items("user:ada"), [id]);
  const status = await world.run(process.store.notifications.status(id, { limit: 1 }));
  assert.equal(status?.state, "sent");
});
