import assert from "node:assert/strict";
import { withDeadline } from "../../src/kv/wrap.ts";
import { RELIABLE } from "../simulation/support/gateway_odds.ts";
import { FaultyKv } from "../fakes/faulty_kv.ts";
import { GatewayWorld } from "../simulation/support/gateway_world.ts";
import { SeededRandom } from "../simulation/support/seeded_random.ts";
import { SimulatedDevice } from "../simulation/support/simulated_device.ts";

Deno.test("a user whose last device goes while the KV is away is offline once it is back", async () => {
  const random = new SeededRandom(1);
  let outage: "refused" | undefined;
  using world = await GatewayWorld.open({
    clustered: 2,
    network: (kv, { clock }) =>
      new FaultyKv(kv, {
        clock,
        random,
        odds: RELIABLE,
        wayMax: 2,
        deadline: 500,
        get outage() {
          return outage;
        },
      }),
    between: (kv, clock) => withDeadline(kv, { clock, ms: 500 }),
  });
  const device = new SimulatedDevice("ada", { world, random });
  device.connect({ instance: 1 });
  await world.clock.advance(1_000);
  assert.deepEqual(await world.presence("ada", 0), { online: true, instances: 1 });

  outage = "refused";
  device.drop();
  // The journal has something that it can't get rid of, and takes nothing more.
  const published = assert.rejects(world.publish(["bob"], {}, 1), { code: "unavailable" });
  // Longer than a route outlives its device, and than anybody waits for the journal.
  await world.clock.advance(40_000);
  outage = undefined;
  await world.clock.advance(30_000);
  await published;

  assert.deepEqual(await world.presence("ada", 0), { online: false, instances: 0 });
  await world.end(["ada"]);
});
