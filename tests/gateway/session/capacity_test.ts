import assert from "node:assert/strict";
import { CloseCode } from "../../../src/gateway/protocol/close_code.ts";
import { messagesOf } from "../../fakes/fake_transport.ts";
import type { Connection } from "../../simulation/support/gateway_connection.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";

async function greet(world: GatewayWorld, user: string): Promise<Connection> {
  const connection = world.accept({ jwt: world.token(user) });
  connection.inbound.receive('{"type":"hello"}');
  await world.clock.advance(10);
  return connection;
}

Deno.test("where as many connections as allowed are open, the next is sent away for a while with 4014", async () => {
  using world = await GatewayWorld.open({ maxConnections: 3, allowed: [CloseCode.atCapacity] });
  // Connections count from the start: they need not have said anything.
  const silent = world.accept();
  const open = [await greet(world, "ada"), await greet(world, "bob")];
  const refused = world.accept({ jwt: world.token("eve") });
  assert.equal(refused.transport.closed?.code, CloseCode.atCapacity);
  const [told, ...more] = messagesOf(refused.transport);
  assert.equal(told?.type, "disconnect");
  assert.equal(told?.["reconnect"], true);
  assert(told["retryAfterMs"] > 0);
  assert.deepEqual(more, []);
  refused.inbound.receive('{"type":"hello"}');
  await world.clock.advance(10);
  assert.equal(messagesOf(refused.transport).length, 1);
  assert.equal(world.gateway.registry.size, 3);

  silent.session.lost();
  open.push(await greet(world, "eve"));
  assert(open.every(({ transport }) => transport.isOpen));
  for (const { session } of open) session.lost();
  await world.end(["ada", "bob", "eve"]);
  assert.deepEqual(world.laws.broken, []);
});

Deno.test("a user with as many connections as allowed gets no further one; others do", async () => {
  using world = await GatewayWorld.open({
    maxConnectionsPerUser: 2,
    allowed: [CloseCode.tooManyConnections],
  });
  const own = [await greet(world, "ada"), await greet(world, "ada")];
  const refused = await greet(world, "ada");
  assert.equal(refused.transport.closed?.code, CloseCode.tooManyConnections);
  assert.deepEqual(messagesOf(refused.transport).map(({ type }) => type), ["disconnect"]);
  const other = await greet(world, "bob");
  assert(other.transport.isOpen);
  assert.equal(world.gateway.registry.of("ada").size, 2);

  own[0]?.session.lost();
  own.push(await greet(world, "ada"));
  assert(own.at(-1)?.transport.isOpen);
  for (const { session } of [...own, other]) session.lost();
  await world.end(["ada", "bob"]);
  assert.deepEqual(world.laws.broken, []);
});
