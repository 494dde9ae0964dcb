import assert from "node:assert/strict";
import { userStream } from "../../../src/domain/stream_name.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import { HeldKv } from "../../fakes/held_kv.ts";
import { SeededRandom } from "../../simulation/support/seeded_random.ts";
import { SimulatedDevice } from "../../simulation/support/simulated_device.ts";

Deno.test("a device starts anew when a change that it missed is swept while it is being read", async () => {
  let kv: HeldKv | undefined;
  using world = await GatewayWorld.open({
    limits: { itemsMax: 10, changesMax: 3 },
    between: (memory) => kv = new HeldKv(memory),
  });
  assert(kv !== undefined);
  const device = new SimulatedDevice("ada", { world, random: new SeededRandom(1) });
  device.connect();
  for (let i = 0; i < 3; i++) await world.until(world.publish(["ada"]));
  await world.settle({ isIdle: () => !device.isBusy });
  device.drop();
  const archive = (seq: number) =>
    world.until(
      world.append("ada", { kind: "mark", op: "archive", scope: { items: [seq] } }),
    );
  for (const seq of [1, 2, 3]) await archive(seq);

  const { reached, release } = kv.holdNext("change");
  device.connect();
  await world.until(reached);
  await world.until(world.append("ada", { kind: "mark", op: "read", scope: { upTo: 3 } }));
  await world.clock.advance(1_000);
  const head = world.store.heads.cached(userStream("ada"))?.head;
  assert.equal(head?.changes.floor, 4);
  assert.equal(head.swept, 4, "the archiving of the first is gone");
  release();

  await world.settle({ isIdle: () => !device.isBusy });
  await device.assertEqualsInbox();
  assert.deepEqual(world.laws.broken, []);
});
