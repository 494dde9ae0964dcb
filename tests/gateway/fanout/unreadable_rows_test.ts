import assert from "node:assert/strict";
import { readerOf } from "../../../src/auth/patterns.ts";
import { userStream } from "../../../src/domain/stream_name.ts";
import { utf8 } from "../../../src/store/codec/bytes.ts";
import { keys, ranges } from "../../../src/store/keys.ts";
import type { KvKey } from "../../../src/kv/kv.ts";
import { messagesOf } from "../../fakes/fake_transport.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import { SeededRandom } from "../../simulation/support/seeded_random.ts";
import { SimulatedDevice } from "../../simulation/support/simulated_device.ts";

const GARBAGE = utf8("garbage");
const READER = readerOf({ user: "ada", topics: ["*"], expiresAt: Infinity, publish: [] });

/** An instance that reads the KV whenever it needs a head, so that it meets what is written below it. */
function open(): Promise<GatewayWorld> {
  return GatewayWorld.open({ clustered: 1 });
}

async function damage({ memory }: GatewayWorld, key: KvKey, value = GARBAGE): Promise<void> {
  await memory.commit({ checks: [], mutations: [{ kind: "set", key, value }] });
}

function join(world: GatewayWorld, topic: `topic:${string}`): Promise<void> {
  return world.until(world.call(0, ({ store }) => store.topics.join("ada", topic, false)));
}

function epochOf(world: GatewayWorld): string {
  return world.head("ada")?.epoch as string;
}

function titles(items: readonly Record<string, unknown>[]): unknown[] {
  return items.map(({ title }) => title);
}

for (const garbage of ["garbage", "", "null", "[1]", "{}", '{"id":"x","title":"Cut o']) {
  Deno.test(`an item row of ${JSON.stringify(garbage)} is left out of the inbox and of resets, and the rest is there`, async () => {
    using world = await open();
    for (const title of ["One", "Two", "Three"]) {
      await world.until(world.publish(["ada"], { title }));
    }
    await damage(world, keys.item("user:ada", epochOf(world), 2), utf8(garbage));
    {
      assert.deepEqual(titles((await world.inbox("ada")).items), ["Three", "One"]);
    }

    const connection = world.accept({ jwt: world.token("ada") });
    connection.say('{"type":"hello"}');
    await world.clock.advance(200);
    const reset = messagesOf(connection.transport).find(({ type, stream }) =>
      type === "reset" && stream === "user"
    );
    assert.deepEqual(titles(reset?.items ?? []), ["Three", "One"]);
    connection.lose();
    await world.end(["ada"]);
  });
}

Deno.test("a change that cannot be read makes a device start over, after which it is live", async () => {
  using world = await open();
  const device = new SimulatedDevice("ada", { world, random: new SeededRandom(1) });
  device.connect();
  await world.clock.advance(100);
  for (let i = 0; i < 3; i++) await world.until(world.publish(["ada"]));
  await world.clock.advance(100);
  device.drop();
  await world.until(world.append("ada", { kind: "mark", op: "read", scope: { items: [1] } }));
  await world.until(world.append("ada", { kind: "mark", op: "read", scope: { items: [2] } }));
  await damage(world, keys.change("user:ada", epochOf(world), 4));

  device.connect();
  await world.settle();
  await world.until(world.publish(["ada"]));
  await world.settle();
  assert.deepEqual(device.closes, []);
  assert.equal(device.model.items.get(1)?.read, true);
  assert.equal(device.model.items.get(2)?.read, true);
  assert.equal(device.model.notified.at(-1)?.live, true);
  device.drop();
  await world.end(["ada"]);
});

Deno.test("a topic whose head cannot be read is left out, and its members get everything else", async () => {
  using world = await open();
  await join(world, "topic:bad");
  await join(world, "topic:good");
  await world.until(world.publishTo(["topic:bad"], { title: "Lost" }));
  await world.until(world.publishTo(["topic:good"], { title: "Good" }));
  await world.until(world.publish(["ada"], { title: "Own" }));
  await damage(world, keys.head("topic:bad"));
  const { items } = await world.inbox("ada");
  assert.deepEqual(titles(items), ["Own", "Good"]);
  // Who asks for that topic alone is not told that there is nothing.
  const query = { status: "all", limit: 10, topic: "bad" } as const;
  await assert.rejects(world.until(world.store.inbox.list(READER, query)), /./);

  const connection = world.accept({ jwt: world.token("ada", 3_600_000, { topics: ["*"] }) });
  connection.say('{"type":"hello"}');
  await world.clock.advance(200);
  const welcome = messagesOf(connection.transport)[0] as Record<string, unknown>;
  assert.equal(welcome["type"], "welcome");
  const streams = Object.keys(welcome["streams"] as object).sort();
  assert.deepEqual(streams, ["topic:everyone", "topic:good", "user"]);
  await world.until(world.publishTo(["topic:good"], { title: "Live" }));
  await world.clock.advance(200);
  assert(messagesOf(connection.transport).some(({ item }) => item?.title === "Live"));
  connection.lose();
  await world.end(["ada"]);
});

Deno.test("a membership that cannot be read is none, until the user joins again", async () => {
  using world = await open();
  await join(world, "topic:news");
  await join(world, "topic:other");
  await world.until(world.publishTo(["topic:other"], { title: "Other" }));
  await damage(world, keys.sub("ada", "news"));
  assert.deepEqual(titles((await world.inbox("ada")).items), ["Other"]);
  await join(world, "topic:news");
  await world.until(world.publishTo(["topic:news"], { title: "News" }));
  assert.deepEqual(titles((await world.inbox("ada")).items), ["News", "Other"]);
  await world.end(["ada"]);
});

Deno.test("what a newer version wrote is not overwritten", async () => {
  using world = await open();
  await join(world, "topic:news");
  const newer = new Uint8Array([9, 1, 2, 3]);
  await damage(world, keys.sub("ada", "news"), newer);
  await assert.rejects(join(world, "topic:news"), /newer/);
  assert.deepEqual(world.memory.peek(keys.sub("ada", "news")).value, newer);
});

Deno.test("a collapse key whose row cannot be read is free", async () => {
  using world = await open();
  await world.until(world.publish(["ada"], { title: "One", collapseKey: "k" }));
  const [row] = await world.memory.list(ranges.ofStream("collapse", "user:ada"), { limit: 1 });
  await damage(world, row?.key as KvKey);
  await world.until(world.publish(["ada"], { title: "Two", collapseKey: "k" }));
  await world.until(world.publish(["ada"], { title: "Three", collapseKey: "k" }));
  assert.deepEqual(titles((await world.inbox("ada")).items), ["Three", "One"]);
  await world.end(["ada"]);
});

Deno.test("due rows that cannot be read, or that only a newer version knows, keep nothing else from being done", async () => {
  using world = await open();
  const now = world.clock.now();
  await damage(world, keys.due(now, "bad", 0));
  await damage(world, keys.due(now, "bad", 1), utf8('{"kind":"retain"}'));
  await damage(world, keys.due(now, "bad", 2), utf8("null"));
  const newer = utf8('{"kind":"digest"}');
  await damage(world, keys.due(now, "newer", 0), newer);
  // An expiry whose record cannot be read, and one of which a single recipient's head cannot.
  const lost = await world.until(world.publish(["ada"], { title: "Lost", ttl: 5 }));
  await damage(world, keys.publish(lost.id, 0));
  await world.until(world.publish(["ada", "bob", "eve"], { title: "Short", ttl: 5 }));
  await damage(world, keys.head(userStream("eve")));
  await world.until(world.publishTo(["user:ada"], { title: "Later" }, { laterMs: 3_000 }));
  await world.clock.advance(20_000);

  assert.deepEqual(titles((await world.inbox("ada")).items), ["Later", "Lost"]);
  assert.deepEqual(titles((await world.inbox("bob")).items), []);
  assert.deepEqual(world.memory.peek(keys.due(now, "newer", 0)).value, newer);
  await world.until(world.publish(["ada"], { title: "After" }));
});

Deno.test("a damaged stream keeps no other from being swept", async () => {
  using world = await GatewayWorld.open({ clustered: 1, limits: { changesMax: 20, itemsMax: 50 } });
  const users = ["ada", "bob"];
  const changes = async (user: string) =>
    (await world.memory.list(ranges.ofStream("change", userStream(user)), { limit: 1_000 })).length;
  await world.until(world.publish(users));
  for (let i = 0; i < 100; i++) {
    const op = i % 2 === 0 ? "read" : "unread";
    for (const user of users) {
      await world.until(world.append(user, { kind: "mark", op, scope: { items: [1] } }));
    }
    if (i === 30) await damage(world, ["change", "user:ada", epochOf(world), 5]);
  }
  await world.settle();
  for (const user of users) assert(await changes(user) < 90, `${user} was not swept`);
  await world.end(users);
});

Deno.test("a user is erased whatever of the user, and of others, cannot be read", async () => {
  using world = await open();
  const erase = () => world.until(world.call(0, ({ store }) => store.erase.user("ada")));
  await join(world, "topic:news");
  const first = await world.until(world.publish(["ada", "bob"]));
  const second = await world.until(world.publish(["ada"]));
  await damage(world, keys.publish(first.id, 0), utf8('garbage "user:ada"'));
  await damage(world, keys.publish("no id", 0));
  await damage(world, keys.publish("no id", 1), utf8('{"deliveries":[["user:ada",1]]}'));
  await damage(world, keys.scheduled("odd", 1), utf8('["user:ada"'));
  await damage(world, keys.sub("ada", "news"));
  await damage(world, keys.item("user:ada", epochOf(world), 1));
  await damage(world, keys.head("user:ada"));
  await erase();

  for (const { key, value } of await all(world)) {
    const text = JSON.stringify(key) + new TextDecoder().decode(value);
    assert(!text.includes("ada"), text);
  }
  assert.equal(world.memory.peek(keys.publish(second.id, 0)).value === null, false);
  await world.until(world.publish(["ada"], { title: "New" }));
  assert.deepEqual(titles((await world.inbox("ada")).items), ["New"]);
  await world.end(["ada"]);
});

async function all({ memory }: GatewayWorld) {
  const range = { start: [""], end: ["\uffff"] };
  const rows = await memory.list(range, { limit: 10_000 });
  // The revocation, and markers of commits, hold no names.
  return rows.filter(({ key }) => key[0] !== "commit");
}
