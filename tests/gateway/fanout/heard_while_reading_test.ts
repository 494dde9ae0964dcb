import assert from "node:assert/strict";
import { messagesOf, ownMessagesOf } from "../../fakes/fake_transport.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import { HeldKv } from "../../fakes/held_kv.ts";
import { SeededRandom } from "../../simulation/support/seeded_random.ts";
import { SimulatedDevice } from "../../simulation/support/simulated_device.ts";

/** Shorter than anything that would find out later that a device is behind. */
const SOON_MS = 1_000;

/** Holds up the answer to the read of the head after which the device goes live. */
async function holdLastRead(world: GatewayWorld, device: SimulatedDevice, kv: HeldKv) {
  for (;;) {
    const { reached, release } = kv.holdNext("head", { answer: true });
    await world.until(reached);
    const isWelcome = messagesOf(device.connection?.transport).length > 0;
    if (isWelcome) return release;
    release();
  }
}

Deno.test("what another instance tells of while a device reads the head is neither lost nor late", async () => {
  const kvs: HeldKv[] = [];
  using world = await GatewayWorld.open({
    clustered: 2,
    between: (kv) => {
      const held = new HeldKv(kv);
      kvs.push(held);
      return held;
    },
  });
  const device = new SimulatedDevice("ada", { world, random: new SeededRandom(1) });
  device.connect();
  await world.clock.advance(SOON_MS);
  device.drop();

  device.reading = "stalled";
  device.connect();
  const release = await holdLastRead(world, device, kvs[0] as HeldKv);
  const { delivered } = world.gateway;
  for (const title of ["One", "Two"]) await world.until(world.publish(["ada"], { title }, 1));
  await world.clock.advance(SOON_MS);
  assert.equal(world.gateway.delivered, delivered + 2);
  release();
  await world.clock.advance(SOON_MS);
  assert.deepEqual(
    ownMessagesOf(device.connection?.transport).map(({ type, seq, live }) => [type, seq, live]),
    [
      ["welcome", undefined, undefined],
      ["caughtUp", 0, undefined],
      ["notification", 1, true],
      ["notification", 2, true],
    ],
  );
  device.read("fast");
  await world.clock.advance(SOON_MS);
  await device.assertEqualsInbox();
  assert.deepEqual(world.laws.broken, []);
});
