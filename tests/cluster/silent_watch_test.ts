import assert from "node:assert/strict";
import { GatewayWorld } from "../simulation/support/gateway_world.ts";
import { SeededRandom } from "../simulation/support/seeded_random.ts";
import { SimulatedDevice } from "../simulation/support/simulated_device.ts";

Deno.test("an instance whose watch is silent for ever delivers all the same, live and in order, only later", async () => {
  using world = await GatewayWorld.open({ clustered: 2 });
  const [, deaf] = world.instances;
  assert(deaf !== undefined);
  deaf.machine.isDeaf = true;
  const device = new SimulatedDevice("ada", { world, random: new SeededRandom(1) });
  device.connect({ instance: 1 });
  await world.clock.advance(500);

  const lags: number[] = [];
  for (let round = 1; round <= 5; round++) {
    await world.until(world.publish(["ada"], {}, 0));
    const sent = world.clock.monotonic();
    while (device.model.notified.length < round) {
      await world.clock.advance(50);
      assert(world.clock.monotonic() - sent < 12_000, "it waits for more than the mailbox");
    }
    lags.push(world.clock.monotonic() - sent);
  }

  // Virtual time: with a working watch each of them would take some sixty milliseconds.
  assert(lags.every((lag) => lag > 1_000), `somebody has rung: ${lags}`);
  const events = device.model.notified.map(({ seq, live }) => ({ seq, live }));
  assert.deepEqual(events, [1, 2, 3, 4, 5].map((seq) => ({ seq, live: true })));
  await device.assertEqualsInbox();
  device.drop();
  await world.end(["ada"]);
});
