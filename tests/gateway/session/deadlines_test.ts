import assert from "node:assert/strict";
import { CloseCode } from "../../../src/gateway/protocol/close_code.ts";
import type { Connection } from "../../simulation/support/gateway_connection.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import { messagesOf } from "../../fakes/fake_transport.ts";
import { HeldKv } from "../../fakes/held_kv.ts";
import { SeededRandom } from "../../simulation/support/seeded_random.ts";
import { SimulatedDevice } from "../../simulation/support/simulated_device.ts";

/** The gateway looks at its times every so often. */
const TICK_MS = 100;
const HEARTBEAT_MS = 25_000;
const PONG_TIMEOUT_MS = 10_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface Expected {
  readonly code: number;
  /** Milliseconds from now on: not before, and hardly later. */
  readonly after: number;
}

/** Looks that a connection is closed on time, and gone from the registry at that moment. */
async function assertCloses(
  world: GatewayWorld,
  { transport }: Connection,
  { code, after }: Expected,
): Promise<void> {
  const { size } = world.gateway.registry;
  await world.clock.advance(after - 1);
  assert(transport.isOpen, "closed too early");
  assert.equal(world.gateway.registry.size, size);
  await world.clock.advance(TICK_MS + 1);
  assert.equal(transport.closed?.code, code);
  assert.equal(world.gateway.registry.size, size - 1);
  const last = messagesOf(transport).at(-1);
  assert.equal(last?.type, "disconnect");
  assert.equal(last?.["code"], code);
  assert.equal(last?.["reconnect"], code < 4500);
  assert.deepEqual(world.laws.broken, []);
}

/** A connection that has said hello, with a token that is good for so long. */
async function greeted(world: GatewayWorld, ms = 365 * DAY_MS): Promise<Connection> {
  const connection = world.accept({ jwt: world.token("ada", ms) });
  connection.inbound.receive('{"type":"hello"}');
  await world.clock.advance(0);
  return connection;
}

async function refresh({ inbound, transport }: Connection, world: GatewayWorld, token: string) {
  transport.read(Infinity);
  inbound.receive(JSON.stringify({ type: "refresh", token, ref: 7 }));
  await world.clock.advance(0);
  return messagesOf(transport);
}

Deno.test("who says no hello within ten seconds is closed with 4009, also with a good token", async () => {
  using world = await GatewayWorld.open();
  for (const jwt of [undefined, world.token("ada")]) {
    const silent = world.accept({ jwt });
    await assertCloses(world, silent, { code: CloseCode.noHello, after: 10_000 });
  }
  await world.end(["ada"]);
});

Deno.test("who does not answer a ping in time is closed with 4012", async () => {
  using world = await GatewayWorld.open();
  const silent = await greeted(world);
  const after = HEARTBEAT_MS + PONG_TIMEOUT_MS;
  await world.clock.advance(2 * TICK_MS);
  assert(!messagesOf(silent.transport).some(({ type }) => type === "ping"));
  // The pong's time runs from the ping, which goes out with a tick.
  await assertCloses(world, silent, { code: CloseCode.noPong, after: after - 2 * TICK_MS });
});

Deno.test("who answers each ping stays, and one that stops is closed in time even then", async () => {
  using world = await GatewayWorld.open();
  const device = new SimulatedDevice("ada", { world, random: new SeededRandom(1) });
  device.connect();
  await world.clock.advance(HOUR_MS / 2);
  assert(device.isOpen);
  device.read("stalled");
  await world.clock.advance(HEARTBEAT_MS + PONG_TIMEOUT_MS + 2 * TICK_MS);
  assert.deepEqual(world.ends.map(({ code }) => code), [CloseCode.noPong]);
  assert.deepEqual(world.laws.broken, []);
});

Deno.test("pongs that nobody asked for do not keep a connection", async () => {
  using world = await GatewayWorld.open();
  const connection = await greeted(world);
  const isPinged = () => messagesOf(connection.transport).some(({ type }) => type === "ping");
  for (let waited = 0; waited < HEARTBEAT_MS + TICK_MS && !isPinged(); waited += TICK_MS) {
    connection.inbound.receive('{"type":"pong"}');
    await world.clock.advance(TICK_MS);
  }
  assert(isPinged());
  await world.clock.advance(PONG_TIMEOUT_MS + TICK_MS);
  assert.deepEqual(world.ends.map(({ code }) => code), [CloseCode.noPong]);
});

Deno.test("a connection ends with its token, with 4003", async () => {
  using world = await GatewayWorld.open();
  const short = await greeted(world, 20_000);
  await assertCloses(world, short, { code: CloseCode.tokenExpired, after: 20_000 });
  await world.end(["ada"]);
});

Deno.test("a token that is good for months is heeded to the second", async () => {
  using world = await GatewayWorld.open();
  const long = await greeted(world, 100 * DAY_MS);
  await world.clock.advance(5_000);
  assert(long.transport.isOpen);
  world.clock.jump(100 * DAY_MS - 10_000);
  await assertCloses(world, long, { code: CloseCode.tokenExpired, after: 5_000 });
});

Deno.test("a wall clock that is set neither keeps a token nor ends it early", async () => {
  using world = await GatewayWorld.open();
  const ended = await greeted(world, HOUR_MS);
  const kept = await greeted(world, 3 * HOUR_MS);
  world.clock.jump(2 * HOUR_MS);
  await assertCloses(world, ended, { code: CloseCode.tokenExpired, after: 1 });
  world.clock.jump(-HOUR_MS);
  await world.clock.advance(20_000);
  assert(kept.transport.isOpen);
  world.clock.jump(2 * HOUR_MS - 21_500);
  await assertCloses(world, kept, { code: CloseCode.tokenExpired, after: 1_300 });
});

Deno.test("a refreshed token counts instead of the one before, whether it is longer or shorter", async () => {
  using world = await GatewayWorld.open();
  const connection = await greeted(world, 10_000);
  await world.clock.advance(9_000);
  const longer = world.token("ada", 20_000);
  assert.deepEqual(await refresh(connection, world, longer), [{ type: "ok", ref: 7 }]);
  await world.clock.advance(10_000);
  const shorter = world.token("ada", 5_000);
  assert.deepEqual(await refresh(connection, world, shorter), [{ type: "ok", ref: 7 }]);
  await assertCloses(world, connection, { code: CloseCode.tokenExpired, after: 5_000 });
});

Deno.test("a refresh that is refused is told, and leaves everything as it was", async () => {
  using world = await GatewayWorld.open();
  const connection = await greeted(world, 10_000);
  const refused = {
    forbidden: world.token("bob", HOUR_MS),
    token_expired: world.token("ada", -HOUR_MS),
    unauthorized: "nothing of ours",
  };
  for (const [code, token] of Object.entries(refused)) {
    const [answer, ...more] = await refresh(connection, world, token);
    assert.deepEqual({ type: answer?.type, code: answer?.["code"], ref: answer?.["ref"] }, {
      type: "error",
      code,
      ref: 7,
    });
    assert.deepEqual(more, []);
  }
  await assertCloses(world, connection, { code: CloseCode.tokenExpired, after: 10_000 });
});

Deno.test("a token that is no good is told at once, one that has expired as such", async () => {
  using world = await GatewayWorld.open({
    allowed: [CloseCode.invalidToken, CloseCode.tokenExpired],
  });
  const cases = [
    { jwt: "nothing of ours", code: CloseCode.invalidToken },
    { jwt: world.token("ada", -1), code: CloseCode.tokenExpired },
    { jwt: world.token("ada", -HOUR_MS), code: CloseCode.tokenExpired },
  ];
  for (const { jwt, code } of cases) {
    const early = world.accept({ jwt });
    await world.clock.advance(0);
    assert.equal(early.transport.closed?.code, code, "with the request");
    const late = world.accept();
    late.inbound.receive(JSON.stringify({ type: "hello", token: jwt }));
    await world.clock.advance(0);
    assert.equal(late.transport.closed?.code, code, "with hello");
  }
  const none = world.accept();
  none.inbound.receive('{"type":"hello"}');
  await world.clock.advance(0);
  assert.equal(none.transport.closed?.code, CloseCode.invalidToken);
  await world.end([]);
});

Deno.test("a pong counts at once, also while what was said before it still waits for the store", async () => {
  let kv: HeldKv | undefined;
  using world = await GatewayWorld.open({
    heartbeatMs: 3_000,
    pongTimeoutMs: 1_500,
    between: (memory) => kv = new HeldKv(memory),
  });
  const hold = kv?.holdNext("head");
  const device = new SimulatedDevice("ada", { world, random: new SeededRandom(1) });
  device.connect();
  await world.clock.advance(10_000);
  assert(device.isOpen);
  hold?.release();
  await world.clock.advance(100);
  await device.assertEqualsInbox();
  assert.deepEqual(world.laws.broken, []);
});

Deno.test("who has answered while the process stood still is not given up, and who has not is", async () => {
  using world = await GatewayWorld.open();
  const [answers, silent] = [await greeted(world), await greeted(world)];
  await world.clock.advance(HEARTBEAT_MS - 5_000);
  const speaks = world.accept({ jwt: world.token("ada") });
  const mute = world.accept({ jwt: world.token("ada") });
  await world.clock.advance(5_000 + TICK_MS);
  assert.equal(messagesOf(answers.transport).at(-1)?.type, "ping");
  world.clock.standStill(60_000);
  // What had arrived is read only now.
  answers.inbound.receive('{"type":"pong"}');
  speaks.inbound.receive('{"type":"hello"}');
  await world.clock.advance(2_000);
  assert(answers.transport.isOpen && speaks.transport.isOpen);
  assert.equal(silent.transport.closed?.code, CloseCode.noPong);
  assert.equal(mute.transport.closed?.code, CloseCode.noHello);
  assert.deepEqual(world.laws.broken, []);
});
