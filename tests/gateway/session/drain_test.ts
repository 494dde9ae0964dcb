import assert from "node:assert/strict";
import { CloseCode } from "../../../src/gateway/protocol/close_code.ts";
import { messagesOf } from "../../fakes/fake_transport.ts";
import type { Connection } from "../../simulation/support/gateway_connection.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";

const USERS = ["ada", "bob"];
/** A slice goes every so often. */
const TICK_MS = 100;

/** Connections of every sort: silent, live, and with a device that does not read. */
async function fill(world: GatewayWorld, count: number): Promise<Connection[]> {
  const connections: Connection[] = [];
  for (let i = 0; i < count; i++) {
    const connection = world.accept({ jwt: world.token(USERS[i % 2] as string) });
    if (i % 10 !== 0) connection.inbound.receive('{"type":"hello"}');
    if (i % 10 < 8) connection.transport.read(Infinity);
    connections.push(connection);
  }
  await world.clock.advance(100);
  return connections;
}

/** Drains; gives how many sessions ended when, in milliseconds from the beginning, and how long it took. */
async function drain(world: GatewayWorld, ms: number): Promise<[Map<number, number>, number]> {
  const began = world.clock.monotonic();
  const before = world.ends.length;
  await world.drain(ms);
  const ended = new Map<number, number>();
  for (const { at } of world.ends.slice(before)) {
    ended.set(at - began, (ended.get(at - began) ?? 0) + 1);
  }
  return [ended, world.clock.monotonic() - began];
}

Deno.test("a drain sends everybody away with 4001, at different times to come back", async () => {
  using world = await GatewayWorld.open({ maxConnectionsPerUser: 1_000 });
  const connections = await fill(world, 300);
  const [, tookMs] = await drain(world, 2_000);
  assert(tookMs <= 2_000, `${tookMs} ms`);
  const waits = connections.map(({ transport }) => {
    assert.equal(transport.closed?.code, CloseCode.goingAway);
    const last = messagesOf(transport).at(-1);
    assert.equal(last?.type, "disconnect");
    assert.equal(last?.["reconnect"], true);
    return last["retryAfterMs"] as number;
  });
  assert(waits.every((wait) => Number.isInteger(wait) && wait > 0 && wait <= 5_000));
  assert(Math.max(...waits) - Math.min(...waits) > 1_000, "they would all come back together");
  assert.equal(world.gateway.registry.size, 0);
  await world.end(USERS);
  assert.deepEqual(world.laws.broken, []);
});

Deno.test("a drain goes at an even pace over the time that it has, and a few devices sooner", async () => {
  for (
    const { count, ms, aTick, atLeastMs } of [
      { count: 900, ms: 5_000, aTick: 18, atLeastMs: 4_500 },
      { count: 100, ms: 20_000, aTick: 10, atLeastMs: 800 },
      { count: 1_200, ms: 600, aTick: 200, atLeastMs: 500 },
    ]
  ) {
    using world = await GatewayWorld.open({ maxConnectionsPerUser: 1_000 });
    await fill(world, count);
    const [ended, tookMs] = await drain(world, ms);
    assert(tookMs >= atLeastMs && tookMs <= ms, `${tookMs} ms of ${ms}`);
    const slices = [...ended];
    assert.equal(slices.reduce((sum, [, its]) => sum + its, 0), count);
    assert(slices.every(([, count]) => count <= aTick), "too many at once");
    slices.reduce((before, [at]) => {
      assert(at - before >= TICK_MS, "too soon after those before");
      return at;
    }, -Infinity);
    await world.end(USERS);
  }
});

Deno.test("who connects while the service drains is sent away as well", async () => {
  using world = await GatewayWorld.open({ allowed: [CloseCode.goingAway] });
  const late = world.accept({
    jwt: world.token("ada"),
    refusal: { code: CloseCode.goingAway, reason: "The service is stopping", retryAfterMs: 500 },
  });
  assert.equal(late.transport.closed?.code, CloseCode.goingAway);
  late.inbound.receive('{"type":"hello"}');
  await world.clock.advance(100);
  assert.deepEqual(messagesOf(late.transport).map(({ type }) => type), ["disconnect"]);
  await world.end(["ada"]);
});
