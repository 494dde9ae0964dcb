import assert from "node:assert/strict";
import { CloseCode } from "../../../src/gateway/protocol/close_code.ts";
import type { Connection } from "../../simulation/support/gateway_connection.ts";
import { messagesOf } from "../../fakes/fake_transport.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";

const QUOTA = { limit: 160, windowMs: 160_000 };
const CLAIMS = { topics: ["*"], publish: ["topic:chat"] };

async function connect(world: GatewayWorld, user: string, ms = 100): Promise<Connection> {
  const connection = world.accept({ jwt: world.token(user, 3_600_000, CLAIMS) });
  connection.say('{"type":"hello"}');
  await world.clock.advance(ms);
  return connection;
}

/** How each of a connection's requests was answered, by its `ref`. */
function answers({ transport }: Connection): Record<string, string> {
  return Object.fromEntries(
    messagesOf(transport)
      .filter(({ type }) => type === "ok" || type === "error")
      .map(({ type, ref, code }) => [String(ref), type === "ok" ? "ok" : String(code)]),
  );
}

function publish(ref: string, bytes: number): string {
  const data = "x".repeat(Math.min(bytes, 15_000));
  const rest = "x".repeat(Math.max(0, bytes - 15_000));
  return JSON.stringify({ type: "publish", ref, topic: "chat", title: "Hi", data, rest });
}

Deno.test("connections of one user share what the user may ask for, and no other user has less for it", async () => {
  using world = await GatewayWorld.open({ userQuota: QUOTA });
  const ada = [await connect(world, "ada"), await connect(world, "ada")];
  const bob = await connect(world, "bob");
  // 160 - 3 * 46 = 22
  for (const [i, { say }] of [...ada, ada[0] as Connection].entries()) {
    say(publish(`l${i}`, 45_000));
  }
  await world.clock.advance(100);
  for (const { say } of ada) say(publish("more", 45_000));
  bob.say(publish("bob's", 45_000));
  await world.clock.advance(100);
  assert.deepEqual(ada.map(answers), [
    { l0: "ok", l2: "ok", more: "rate_limited" },
    { l1: "ok", more: "rate_limited" },
  ]);
  assert.deepEqual(answers(bob), { "bob's": "ok" });

  // What is small still comes through.
  ada[1]?.say('{"type":"mark","op":"seen","upTo":1,"ref":"small"}');
  await world.clock.advance(100);
  assert.equal(answers(ada[1] as Connection)["small"], "ok");
  for (const { lose } of [...ada, bob]) lose();
  await world.end(["ada", "bob"]);
});

Deno.test("a mark counts by the items that it names", async () => {
  using world = await GatewayWorld.open({ userQuota: QUOTA });
  const ada = await connect(world, "ada");
  const items = Array.from({ length: 9_000 }, (_, i) => i + 1);
  for (const ref of ["one", "two"]) {
    ada.say(JSON.stringify({ type: "mark", op: "read", items, ref }));
  }
  await world.clock.advance(100);
  // Ninety for the items, and some forty for the bytes.
  assert.deepEqual(answers(ada), { one: "ok", two: "rate_limited" });
  ada.lose();
  await world.end(["ada"]);
});

Deno.test("connecting again and again is refused with 4013, which says when to come back", async () => {
  using world = await GatewayWorld.open({ userQuota: QUOTA, maxConnectionsPerUser: 1 });
  world.laws.allow(CloseCode.rateLimited);
  // A hundred within ten seconds, and those that are earned back meanwhile.
  let refused = await connect(world, "ada", 10);
  let welcomed = 0;
  for (; !refused.session.isClosed && welcomed < 200; welcomed++) {
    refused.lose();
    refused = await connect(world, "ada", 10);
  }
  assert(welcomed >= 100 && welcomed < 120, `${welcomed} were let in`);
  assert.equal(refused.transport.closed?.code, CloseCode.rateLimited);
  const [disconnect] = messagesOf(refused.transport);
  assert.equal(disconnect?.["reconnect"], true);
  assert(Number(disconnect?.["retryAfterMs"]) > 0);
  const other = await connect(world, "bob");
  assert.equal(other.session.isClosed, false);
  other.lose();
  await world.clock.advance(10_000);
  const again = await connect(world, "ada");
  assert.equal(again.session.isClosed, false);
  again.lose();
  await world.end(["ada", "bob"]);
});

Deno.test("a client that goes on above what its user may ask for is closed with 4013", async () => {
  using world = await GatewayWorld.open({ userQuota: QUOTA });
  world.laws.allow(CloseCode.rateLimited);
  const ada = await connect(world, "ada");
  for (let i = 0; i < 400 && !ada.session.isClosed; i++) {
    ada.say('{"type":"unsubscribe","topic":"chat"}');
    if (i % 20 === 0) await world.clock.advance(10);
  }
  assert.equal(ada.transport.closed?.code, CloseCode.rateLimited);
  await world.end(["ada"]);
});

Deno.test("what a device is sent when it starts over counts towards what its user may ask for", async () => {
  using world = await GatewayWorld.open({ userQuota: QUOTA });
  const data = "x".repeat(15_000);
  for (let i = 0; i < 50; i++) await world.until(world.publish(["ada"], { data }));
  // Each reads some 25 items of 15 KB, which counts for some 12.
  for (let i = 0; i < 18; i++) (await connect(world, "ada")).lose();
  const ada = await connect(world, "ada");
  assert.equal(ada.session.isWelcomed, true);
  ada.say('{"type":"unsubscribe","topic":"chat","ref":"owed"}');
  ada.say('{"type":"pong"}');
  await world.clock.advance(100);
  assert.deepEqual(answers(ada), { owed: "rate_limited" });
  ada.lose();
  await world.end(["ada"]);
});

Deno.test("all connections of a user together send at most a megabyte ahead of what is carried out", async () => {
  using world = await GatewayWorld.open();
  world.laws.allow(CloseCode.rateLimited);
  const all: Connection[] = [];
  for (let i = 0; i < 20; i++) all.push(await connect(world, "ada"));
  const bob = await connect(world, "bob");
  // Nothing is carried out before the test waits.
  for (let i = 0; i < 5; i++) {
    for (const { say } of [...all, bob]) say(publish(`p${i}`, 45_000));
  }
  const waiting = all.reduce((sum, { session }) => sum + (session.inbound?.waitingBytes ?? 0), 0);
  assert(waiting <= 1024 * 1024, `${waiting} bytes wait`);
  assert(all.some(({ session }) => session.isClosed));
  assert.equal(bob.session.isClosed, false);
  await world.clock.advance(1_000);
  assert.equal(Object.values(answers(bob)).filter((answer) => answer === "ok").length, 5);
  for (const { lose } of [...all, bob]) lose();
  await world.end(["ada", "bob"]);
});
