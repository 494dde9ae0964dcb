import assert from "node:assert/strict";
import type { MarkOp } from "../../../src/domain/event.ts";
import { DelayedKv } from "../../fakes/delayed_kv.ts";
import { ownMessagesOf } from "../../fakes/fake_transport.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import { SeededRandom } from "../../simulation/support/seeded_random.ts";
import { SimulatedDevice } from "../../simulation/support/simulated_device.ts";

function mark(world: GatewayWorld, op: MarkOp, seq: number): Promise<void> {
  return world.append("ada", { kind: "mark", op, scope: { items: [seq] } });
}

Deno.test("what was missed comes in its present state, in order, without what is gone, and then caughtUp", async () => {
  using world = await GatewayWorld.open();
  const device = new SimulatedDevice("ada", { world, random: new SeededRandom(1) });
  device.connect();
  await world.clock.advance(100);
  device.drop();
  for (let i = 0; i < 4; i++) await world.publish(["ada"]);
  await mark(world, "read", 1);
  await mark(world, "archive", 2);
  await mark(world, "delete", 3);
  await mark(world, "seen", 2);
  device.reading = "stalled";
  device.connect();
  await world.clock.advance(100);
  const [welcome, ...messages] = ownMessagesOf(device.connection?.transport);
  assert.equal(welcome?.type, "welcome");
  const counts = { unread: 1, unseen: 1 };
  const flags = { read: false, seen: false, archived: false };
  assert.deepEqual(
    messages.map(({ type, seq, live, item, op, items, upTo, oldest, counts }) => ({
      type,
      seq,
      ...(live === undefined ? {} : { live }),
      ...(item && { read: item.read, seen: item.seen, archived: item.archived }),
      ...(op && { op, about: items ?? upTo }),
      ...(oldest && { oldest }),
      counts,
    })),
    [
      { type: "notification", seq: 1, live: false, ...flags, read: true, seen: true, counts },
      { type: "notification", seq: 2, live: false, ...flags, seen: true, archived: true, counts },
      { type: "notification", seq: 4, live: false, ...flags, counts },
      { type: "change", seq: 5, live: false, op: "read", about: [1], counts },
      { type: "change", seq: 6, live: false, op: "archive", about: [2], counts },
      { type: "change", seq: 7, live: false, op: "delete", about: [3], counts },
      { type: "change", seq: 8, live: false, op: "seen", about: 2, counts },
      { type: "caughtUp", seq: 8, oldest: 1, counts },
    ],
  );
});

Deno.test("hundreds of missed items and changes all come, while more happens and the device reads slowly", async () => {
  for (const reading of ["fast", "slow"] as const) {
    const random = new SeededRandom(7);
    using world = await GatewayWorld.open({
      limits: { itemsMax: 400 },
      between: (kv, clock) => new DelayedKv(kv, { clock, random, wayMax: 2 }),
    });
    const device = new SimulatedDevice("ada", { world, random, resetsArePartial: true });
    device.connect();
    await world.until(
      Promise.all(Array.from({ length: 300 }, () => world.publish(["ada"]))),
    );
    await world.settle({ isIdle: () => !device.isBusy });
    device.drop();
    device.reading = reading;
    const happen = async (count: number) => {
      const all: Promise<unknown>[] = [];
      for (let i = 0; i < count; i++) {
        const body = "b".repeat(random.integer(0, 3_000));
        if (i % 3 === 0) all.push(world.publish(["ada"], { body }));
        all.push(mark(world, "read", random.integer(1, 400)));
        all.push(mark(world, "archive", random.integer(1, 400)));
        if (i % 9 === 0) all.push(mark(world, "delete", random.integer(1, 400)));
      }
      await world.until(Promise.all(all));
    };
    await happen(300);
    device.connect();
    for (let i = 0; i < 20; i++) {
      await happen(2);
      await world.clock.advance(random.integer(0, 20));
    }
    await world.settle({ isIdle: () => !device.isBusy });
    await device.assertEqualsInbox();
    assert.deepEqual(world.laws.broken, []);
    assert.deepEqual(world.troubles, []);
  }
});
