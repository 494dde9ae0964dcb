import assert from "node:assert/strict";
import type { Connection } from "../../simulation/support/gateway_connection.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import { messagesOf } from "../../fakes/fake_transport.ts";

const REVOKED = 4503;

async function greeted(world: GatewayWorld, user: string, instance = 0): Promise<Connection> {
  const connection = world.accept({ jwt: world.token(user), instance });
  connection.inbound.receive('{"type":"hello"}');
  await world.clock.advance(100);
  assert(connection.transport.isOpen);
  return connection;
}

Deno.test("a revocation ends the user's sessions on every instance, and nobody else's", async () => {
  using world = await GatewayWorld.open({ clustered: 3, allowed: [REVOKED] });
  const own: Connection[] = [];
  const others: Connection[] = [];
  for (let instance = 0; instance < 3; instance++) {
    own.push(await greeted(world, "ada", instance), await greeted(world, "ada", instance));
    others.push(await greeted(world, "bob", instance));
  }
  await world.until(world.revoke(1).user("ada", world.clock.now()));
  await world.clock.advance(12_000);
  for (const { transport } of own) {
    assert.equal(transport.closed?.code, REVOKED);
    const last = messagesOf(transport).at(-1);
    assert.deepEqual([last?.type, last?.["code"], last?.["reconnect"]], [
      "disconnect",
      REVOKED,
      false,
    ]);
  }
  assert(others.every(({ transport }) => transport.isOpen));
  assert.deepEqual(world.laws.broken, []);
});

Deno.test("a token that is revoked between the upgrade and hello opens no session", async () => {
  using world = await GatewayWorld.open({ allowed: [REVOKED] });
  const { inbound, transport } = world.accept({ jwt: world.token("ada") });
  await world.clock.advance(100);
  await world.until(world.revoke().user("ada", world.clock.now()));
  inbound.receive('{"type":"hello"}');
  await world.clock.advance(100);
  assert.equal(transport.closed?.code, REVOKED);
  assert(messagesOf(transport).every(({ type }) => type !== "welcome"));
});

Deno.test("a revoked token neither says hello nor refreshes a session", async () => {
  using world = await GatewayWorld.open({ allowed: [REVOKED] });
  const { inbound, transport } = await greeted(world, "bob");
  await world.until(world.revoke().user("ada", world.clock.now()));
  const late = world.accept();
  late.inbound.receive(JSON.stringify({ type: "hello", token: world.token("ada") }));
  await world.clock.advance(100);
  assert.equal(late.transport.closed?.code, REVOKED);

  transport.read(Infinity);
  inbound.receive(JSON.stringify({ type: "refresh", token: world.token("ada"), ref: 1 }));
  await world.clock.advance(100);
  const [answer] = messagesOf(transport);
  assert.deepEqual([answer?.type, answer?.["ref"], answer?.["code"]], ["error", 1, "unauthorized"]);
  assert(transport.isOpen);
});
