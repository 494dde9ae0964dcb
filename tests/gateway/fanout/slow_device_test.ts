import assert from "node:assert/strict";
import { CloseCode } from "../../../src/gateway/protocol/close_code.ts";
import { NO_PROGRESS_MS } from "../../../src/gateway/fanout/backpressure.ts";
import { PAUSE_ABOVE_BYTES } from "../../../src/gateway/session/session.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import { SeededRandom } from "../../simulation/support/seeded_random.ts";
import { SimulatedDevice } from "../../simulation/support/simulated_device.ts";

/** No frame is as large. */
const FRAME_MAX = 256 * 1024;
/** PausedSession sessions are looked at every so often. */
const LOOK_MS = 50;
/** Some 42 KiB as stored. */
const LARGE = {
  data: "n".repeat(15_000),
  body: "\u901a".repeat(3_000),
  icon: "\u901a".repeat(3_000),
  image: "\u901a".repeat(3_000),
};
/** So many of them are more than a device may leave unread. */
const ENOUGH = 8;

async function open(world: GatewayWorld, user = "ada"): Promise<SimulatedDevice> {
  const random = new SeededRandom(1);
  const device = new SimulatedDevice(user, { world, random, resetsArePartial: true });
  device.connect();
  await world.clock.advance(100);
  assert(device.model.isLive);
  return device;
}

/** Publishes large notifications at once, so that they go into as few commits as they can. */
async function publish(world: GatewayWorld, count: number): Promise<void> {
  const all = Array.from({ length: count }, () => world.publish(["ada"], LARGE));
  await world.until(Promise.all(all));
}

async function stallUntilParked(world: GatewayWorld, device: SimulatedDevice): Promise<void> {
  device.read("stalled");
  for (let i = 0; i < ENOUGH; i++) await publish(world, 1);
  assert.equal(world.gateway.backpressure.size, 1);
}

Deno.test("a commit of many large notifications never puts more than a frame on top of the limit", async () => {
  using world = await GatewayWorld.open();
  const device = await open(world);
  device.read("stalled");
  const transport = device.connection?.transport;
  for (const count of [5, 7, 7]) await publish(world, count);
  assert(transport !== undefined && transport.peak > PAUSE_ABOVE_BYTES);
  assert(transport.peak < PAUSE_ABOVE_BYTES + FRAME_MAX, `${transport.peak} bytes`);
  device.read("fast");
  await world.settle({ isIdle: () => !device.isBusy });
  await device.assertEqualsInbox();
  assert.deepEqual(world.laws.broken, []);
});

Deno.test("nothing more is sent to a device that does not read, and all of it once it reads again", async () => {
  using world = await GatewayWorld.open({ heartbeatMs: 3_000, pongTimeoutMs: 1_500 });
  const device = await open(world);
  await stallUntilParked(world, device);
  const unread = device.connection?.transport.unread;
  for (let i = 0; i < 20; i++) await world.until(world.publish(["ada"]));
  await world.clock.advance(30_000);
  assert.equal(device.connection?.transport.unread, unread, "something was sent meanwhile");
  device.read("slow");
  await world.settle({ isIdle: () => !device.isBusy });
  await device.assertEqualsInbox();
  assert.deepEqual(device.closes, []);
  assert.deepEqual(world.laws.broken, []);
});

Deno.test("a device that takes nothing for a minute is closed with 4008 and gone at that moment", async () => {
  // It is not asked for a pong that it could not see: it would be closed with 4012 long before.
  using world = await GatewayWorld.open({ heartbeatMs: 3_000, pongTimeoutMs: 1_500 });
  const device = await open(world);
  await stallUntilParked(world, device);
  const transport = device.connection?.transport;
  await world.clock.advance(NO_PROGRESS_MS - 1);
  assert(device.isOpen, "closed too early");
  assert.equal(world.gateway.registry.size, 1);
  await world.clock.advance(LOOK_MS + 1);
  assert.equal(transport?.closed?.code, CloseCode.tooSlow);
  assert.equal(world.gateway.registry.size, 0);
  assert.deepEqual(world.ends.map(({ code }) => code), [CloseCode.tooSlow]);
  await world.end(["ada"]);
  assert.deepEqual(world.laws.broken, []);
});

Deno.test("whatever a device takes gives it another minute", async () => {
  using world = await GatewayWorld.open({ heartbeatMs: 3_000, pongTimeoutMs: 1_500 });
  const device = await open(world);
  await stallUntilParked(world, device);
  const transport = device.connection?.transport;
  for (let i = 0; i < 5; i++) {
    await world.clock.advance(NO_PROGRESS_MS - LOOK_MS);
    assert(device.isOpen);
    transport?.read(1_000);
  }
  await world.clock.advance(NO_PROGRESS_MS + 2 * LOOK_MS);
  assert.equal(transport?.closed?.code, CloseCode.tooSlow);
});

Deno.test("a device that reads slowly while more is published keeps up in the end", async () => {
  using world = await GatewayWorld.open({ limits: { itemsMax: 30 }, heartbeatMs: 3_000 });
  const device = await open(world);
  device.read("slow");
  for (let i = 0; i < 60; i++) {
    await publish(world, 1 + i % 3);
    await world.clock.advance(40);
  }
  await world.settle({ isIdle: () => !device.isBusy });
  await device.assertEqualsInbox();
  assert.deepEqual(device.closes, []);
  assert.deepEqual(world.laws.broken, []);
});

Deno.test("devices that don't read keep nobody else waiting", async () => {
  using world = await GatewayWorld.open({ maxConnectionsPerUser: 100 });
  const stalled = [];
  for (let i = 0; i < 80; i++) stalled.push(await open(world));
  const other = await open(world);
  for (const device of stalled) device.read("stalled");
  for (let i = 0; i < 2 * ENOUGH; i++) {
    await publish(world, 1);
    await world.clock.advance(5);
    assert.equal(other.model.notified.length, i + 1);
  }
  assert.equal(world.gateway.backpressure.size, stalled.length);
  // More are parked than may read from the store at a time: who comes now reads at once all the same.
  const late = await open(world);
  await late.assertEqualsInbox();
});
