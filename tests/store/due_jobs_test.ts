import assert from "node:assert/strict";
import { pickInstance } from "../../src/store/due_jobs.ts";
import type { StreamName } from "../../src/domain/stream_name.ts";
import { publicationTo, StoreWorld } from "../simulation/support/store_world.ts";

const THINGS = Array.from({ length: 3_000 }, (_, i) => `0199f2a0-0000-7000-8000-${i}`);
const INSTANCES = ["a", "b", "c"].map((end) => `0199f2a0-1111-7000-8000-00000000000${end}`);

Deno.test("what is due is shared evenly, and alike whoever asks", () => {
  const shares = new Map<string | undefined, number>();
  for (const thing of THINGS) {
    const owner = pickInstance(INSTANCES, thing);
    assert.equal(pickInstance(INSTANCES.toReversed(), thing), owner);
    shares.set(owner, (shares.get(owner) ?? 0) + 1);
  }
  for (const instance of INSTANCES) {
    const share = shares.get(instance) ?? 0;
    assert(share > 850 && share < 1_150, `${share} of ${THINGS.length}`);
  }
});

Deno.test("when an instance goes, only what fell to it falls to others", () => {
  const [first, ...rest] = INSTANCES;
  for (const thing of THINGS) {
    const before = pickInstance(INSTANCES, thing);
    if (before !== first) assert.equal(pickInstance(rest, thing), before);
  }
});

Deno.test("several instances send what is due at one moment, each its part, and nothing twice", async () => {
  const world = new StoreWorld();
  await using first = await world.open();
  await using second = await world.open();
  await using third = await world.open();
  const sendAt = world.clock.now() + 3_000;
  const ids = new Map<StreamName, string>();
  for (let i = 0; i < 300; i++) {
    const stream: StreamName = `user:u${i}`;
    const publication = publicationTo([stream], { sendAt });
    ids.set(stream, (await world.run(first.store.publisher.publish(publication))).id);
  }
  const before = world.kv.history.length;
  await world.clock.advance(4_500);
  const senders = new Map<unknown, number>();
  for (const { mutations } of world.kv.history.slice(before)) {
    const sent = mutations.filter(({ kind, key }) => kind === "set" && key[0] === "publish").length;
    const [, instance] = mutations.find(({ key }) => key[0] === "commit")?.key ?? [];
    senders.set(instance, (senders.get(instance) ?? 0) + sent);
  }
  senders.delete(undefined);
  assert.equal([...senders.values()].reduce((sum, count) => sum + count, 0), ids.size);
  assert.equal(senders.size, 3);
  for (const count of senders.values()) assert(count > 50, `${count} of ${ids.size}`);
  for (const [stream, id] of ids) assert.deepEqual(await world.items(stream), [id]);
  assert.deepEqual([second, third].map(({ kv }) => kv.isDead), [false, false]);
  assert.deepEqual(world.trouble, []);
});

Deno.test("what falls to an instance that does nothing is done by another within seconds", async () => {
  const world = new StoreWorld();
  await using stuck = await world.open({
    keepsLease: true,
    death: { after: 0, applied: false, counts: ({ mutations }) => mutations.some(isSending) },
  });
  await using other = await world.open();
  const sendAt = world.clock.now() + 3_000;
  const streams = Array.from({ length: 40 }, (_, i): StreamName => `user:u${i}`);
  for (const stream of streams) {
    await world.run(other.store.publisher.publish(publicationTo([stream], { sendAt })));
  }
  await world.clock.advance(3_000 + 4_500);
  assert(stuck.kv.isDead);
  for (const stream of streams) assert.equal((await world.items(stream)).length, 1, stream);
});

function isSending({ kind, key }: { kind: string; key: readonly unknown[] }): boolean {
  return kind === "delete" && key[0] === "due";
}
