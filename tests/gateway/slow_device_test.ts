import assert from "node:assert/strict";
import { PARK_ABOVE } from "../../src/gateway/session.ts";
import { GatewayWorld } from "../support/gateway_world.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { SimulatedDevice } from "../support/simulated_device.ts";

/** No frame is as large. */
const FRAME_MAX = 256 * 1024;
/** Some 40 KiB as stored. */
const LARGE = {
  data: "n".repeat(15_000),
  body: "\u901a".repeat(3_000),
  icon: "\u901a".repeat(3_000),
  image: "\u901a".repeat(3_000),
};

Deno.test("a commit of many large notifications never puts more than a frame on top of the limit", async () => {
  using world = await GatewayWorld.open();
  const device = await connected(world);
  device.read("stalled");
  const transport = device.connection?.transport;
  for (const count of [5, 7, 7]) {
    const all = Array.from({ length: count }, () => world.publish(["ada"], LARGE));
    await world.until(Promise.all(all));
    await world.clock.advance(200);
  }
  assert(transport !== undefined && transport.peak > PARK_ABOVE);
  assert(transport.peak <= PARK_ABOVE + FRAME_MAX, `${transport.peak} bytes`);
  device.read("fast");
  await world.settle(() => !device.isBusy);
  await device.assertEqualsInbox();
  assert.deepEqual(world.laws.broken, []);
});

async function connected(world: GatewayWorld, user = "ada"): Promise<SimulatedDevice> {
  const device = new SimulatedDevice(user, {
    world,
    random: new SeededRandom(1),
    resetsArePartial: true,
  });
  device.connect();
  await world.settle(() => !device.isBusy);
  assert(device.model.isLive);
  return device;
}
