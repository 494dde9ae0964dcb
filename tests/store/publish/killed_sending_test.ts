import assert from "node:assert/strict";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import type { Published } from "../../../src/store/publish/publication.ts";
import {
  isPublishing,
  publicationTo,
  StoreWorld,
  usersStreams,
} from "../../simulation/support/store_world.ts";

const SOME = usersStreams(40);
const IDEMPOTENCY = { publisher: "ci", key: "k", bodyHash: "h" };
/** Long enough for whatever is due, and for what another instance may have left over. */
const A_WHILE_MS = 20_000;

/**
 * Has a process die at one of the commits with which it sends what was scheduled. Resolves with whether
 * it did: another one may have been faster.
 */
async function sendingKilled(
  at: { after: number; applied: boolean },
  streams: readonly StreamName[],
  others: "meanwhile" | "later",
): Promise<boolean> {
  const world = new StoreWorld();
  const sendAt = world.clock.now() + 5_000;
  let id: string;
  {
    await using process = await world.open();
    ({ id } = await world.run(process.store.publisher.publish(publicationTo(streams, { sendAt }))));
  }
  await using dying = await world.open({ death: { ...at, counts: isPublishing } });
  await using _living = others === "meanwhile" ? await world.open() : undefined;
  await world.clock.advance(A_WHILE_MS);
  await using late = await world.open();
  await world.clock.advance(A_WHILE_MS);
  for (const stream of streams) assert.deepEqual(await world.items(stream), [id]);
  const status = await world.run(late.store.notifications.status(id, { limit: 100 }));
  assert.equal(status?.state, "sent");
  assert.equal(status.deliveries.length, streams.length);
  assert.deepEqual(await dueOf(world, id), []);
  assert.deepEqual(world.trouble, []);
  return dying.kv.isDead;
}

async function dueOf(world: StoreWorld, id: string): Promise<unknown[]> {
  const rows = await world.leftovers("due", "scheduled");
  return rows.filter((key) => (key as unknown[]).includes(id));
}

for (const streams of [SOME, SOME.slice(0, 1)]) {
  for (const others of ["later", "meanwhile"] as const) {
    Deno.test(`what is sent to ${streams.length} by a process that dies at any commit is sent once, by one that lives ${others}`, async () => {
      for (let after = 0; after <= streams.length / 8 + 2; after++) {
        for (const applied of [false, true]) {
          await sendingKilled({ after, applied }, streams, others);
        }
      }
      // The first commit of all is met by whoever sends.
      assert(await sendingKilled({ after: 0, applied: false }, streams, "later"));
    });
  }
}

Deno.test("a recall that is killed at any commit, and repeated, leaves nobody with it", async () => {
  for (let after = 0;; after++) {
    let died = false;
    for (const applied of [false, true]) {
      const world = new StoreWorld();
      await using first = await world.open();
      const publication = publicationTo(SOME, { expiresAt: world.clock.now() + 60_000 });
      const { id } = await world.run(first.store.publisher.publish(publication));
      await using dying = await world.open({ death: { after, applied, counts: isPublishing } });
      await world.runOrDie(dying, dying.store.notifications.recall(id));
      died = dying.kv.isDead;
      assert.equal(await world.run(first.store.notifications.recall(id)), true);
      for (const stream of SOME) assert.deepEqual(await world.items(stream), []);
      assert.deepEqual(await dueOf(world, id), []);
      const status = await world.run(first.store.notifications.status(id, { limit: 100 }));
      assert.equal(status?.state, "recalled");
    }
    if (!died) {
      assert.equal(after, SOME.length / 8);
      break;
    }
  }
});

Deno.test("what was cut short and recalled is not completed by its repeat", async () => {
  for (let after = 1; after < SOME.length / 8; after++) {
    const world = new StoreWorld();
    await using dying = await world.open({
      death: { after, applied: false, counts: isPublishing },
    });
    const request = { ...publicationTo(SOME), idempotency: IDEMPOTENCY };
    await world.runOrDie(dying, dying.store.publisher.publish(request));
    await using other = await world.open();
    const [row] = await world.leftovers("publish") as [string, string, number][];
    const id = String(row?.[1]);
    const { notifications, publisher } = other.store;
    assert.equal((await world.run(notifications.status(id, { limit: 1 })))?.state, "sending");
    assert.equal(await world.run(notifications.recall(id)), true);
    const repeated: Published = await world.run(publisher.publish(request));
    assert.equal(repeated.id, id);
    for (const stream of SOME) assert.deepEqual(await world.items(stream), []);
  }
});
