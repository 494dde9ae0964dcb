import assert from "node:assert/strict";
import { Feed } from "../../src/feeds/feed.ts";
import type { Channel } from "../../src/gateway/fanout/channel.ts";
import { CloseCode } from "../../src/gateway/protocol/close_code.ts";
import { Deadlines } from "../../src/gateway/session/deadlines.ts";
import { EncodedBatch } from "../../src/gateway/fanout/encoded_batch.ts";
import { closeGradually } from "../../src/gateway/session/drain.ts";
import { Heartbeat } from "../../src/gateway/session/heartbeat.ts";
import { Backpressure } from "../../src/gateway/fanout/backpressure.ts";
import { Session } from "../../src/gateway/session/session.ts";
import { Subscription } from "../../src/gateway/fanout/subscription.ts";
import { TopicChannel } from "../../src/gateway/fanout/topic_channel.ts";
import { activate } from "../fakes/active_session.ts";
import { AwayKv } from "../fakes/away_kv.ts";
import { GatewayWorld } from "../simulation/support/gateway_world.ts";
import { SeededRandom } from "../simulation/support/seeded_random.ts";
import { SimulatedDevice } from "../simulation/support/simulated_device.ts";
import { settle, VirtualClock } from "../fakes/virtual_clock.ts";

const BROKEN = new TypeError("Broken");
/** More than a channel serves within one turn. */
const LARGE = 1_500;

function fail(): never {
  throw BROKEN;
}

for (const clustered of [0, 2]) {
  Deno.test(`publishes are answered and delivered whatever every listener throws (${clustered} instances of a cluster)`, async () => {
    const stores: AwayKv[] = [];
    using world = await GatewayWorld.open({
      clustered,
      listen(feeds) {
        for (const feed of Object.values(feeds)) if (feed instanceof Feed) feed.subscribe(fail);
      },
      between(kv) {
        const store = new AwayKv(kv);
        stores.push(store);
        return store;
      },
    });
    const device = new SimulatedDevice("ada", { world, random: new SeededRandom(1) });
    device.connect();
    await world.clock.advance(100);
    for (let i = 0; i < 3; i++) await world.until(world.publish(["ada"], {}, i));
    await world.settle();
    assert.deepEqual([...device.model.items.keys()], [1, 2, 3]);

    // The store goes and comes back: commits are tried again, and each turn is told.
    for (const store of stores) store.state = "refusing";
    const publish = world.publish(["ada"]);
    publish.catch(() => {});
    await world.clock.advance(5_000);
    for (const store of stores) store.state = "there";
    await world.settle({ ms: 20_000 });
    const { seq } = (await world.until(world.publish(["ada"]))).deliveries[0] ?? {};
    await world.settle();
    assert(device.model.items.has(seq as number));

    device.drop();
    await world.end(["ada"]);
  });
}

function session(name: string, transport: { send?: () => void; close?: () => void } = {}) {
  const ended: string[] = [];
  const session = new Session(name, {
    transport: { buffered: 0, send() {}, close() {}, whenGone() {}, ...transport },
    ended: () => ended.push(name),
  });
  return { session, ended };
}

function follow(channel: Channel, send: () => void): Subscription {
  const { session: own } = session("s", { send });
  const subscription = new Subscription({
    active: activate(own),
    channel,
    cursor: { epoch: "e", seq: 0 },
    onFellBehind() {},
  });
  channel.add(subscription);
  subscription.tryGoLive();
  return subscription;
}

function delivery(seq: number): EncodedBatch {
  return new EncodedBatch({
    stream: "topic:news",
    epoch: "e",
    events: [{
      kind: "notification",
      seq,
      item: { json: '{"title":"a"}' },
      counts: { unread: 0, unseen: 0 },
    }],
  });
}

for (const size of [3, LARGE]) {
  Deno.test(`one of ${size} devices that cannot be sent to catches up, and the others get every event`, async () => {
    const errors: unknown[] = [];
    const channel = new TopicChannel("topic:news", {
      fetchEarlier: () => Promise.resolve(),
      onError: (error) => errors.push(error),
    });
    const sent = new Map<number, number>();
    const subscriptions = Array.from({ length: size }, (_, i) =>
      follow(channel, () => {
        if (i === 1) fail();
        sent.set(i, (sent.get(i) ?? 0) + 1);
      }));
    for (let seq = 1; seq <= 3; seq++) {
      channel.deliver(delivery(seq));
      await until(() => sent.get(size - 1) === seq);
    }
    assert.equal(sent.size, size - 1);
    assert([...sent.values()].every((count) => count === 3));
    assert.equal(subscriptions[1]?.isLive, false);
    assert.deepEqual(errors, [BROKEN]);
  });
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!isSo()) {
    assert(performance.now() < deadline, "it never came");
    await settle();
  }
}

Deno.test("what is known of a stream is read anew after an event that could not be taken in", () => {
  const errors: unknown[] = [];
  class FailingChannel extends TopicChannel {
    protected override applyBatch = fail;
  }
  const channel = new FailingChannel("topic:news", {
    fetchEarlier: () => Promise.resolve(),
    onError: (error) => errors.push(error),
  });
  const device = follow(channel, () => {});
  channel.deliver(delivery(1));
  assert.deepEqual(errors, [BROKEN]);
  assert.equal(device.isLive, false);
});

Deno.test("one session that fails keeps no other from its deadline, its ping, its turn or its goodbye", async () => {
  const onError = () => {};
  const clock = new VirtualClock();
  const bad = session("bad", { send: fail, close: fail }).session;
  const good = session("good");
  const both = [bad, good.session];

  const deadlines = new Deadlines(onError);
  for (const one of both) deadlines.set(one, 1);
  const due: string[] = [];
  deadlines.tick(2, (one) => one === bad ? fail() : due.push(one.id));
  assert.deepEqual(due, ["good"]);
  assert.equal(deadlines.size, 0);

  const heartbeat = new Heartbeat(clock, { every: 100, within: 100, onError });
  for (const one of both) heartbeat.watch(one);
  await clock.advance(100);
  heartbeat.tick(() => false);
  assert.equal(heartbeat.size, 2);
  await clock.advance(100);
  heartbeat.tick((one) => one === bad ? fail() : false);
  assert.equal(good.session.isClosed, true);

  const backpressure = new Backpressure(clock, onError);
  const [first, second] = [session("first").session, session("second").session];
  Object.defineProperty(first, "buffered", { get: fail });
  const never = Promise.withResolvers<boolean>();
  void backpressure.drained(second).then(never.resolve);
  assert.throws(() => void backpressure.drained(first));
  await clock.advance(60);
  assert.equal(await never.promise, true);

  const leaving = [session("l1").session, session("l2").session];
  (leaving[0] as Session).close = fail;
  await clock.until(closeGradually(leaving, { clock, within: 1_000, onError }), {
    withinMs: 5_000,
  });
  assert.equal(leaving[1]?.isClosed, true);
});

Deno.test("a revocation closes every session that it concerns, though one of them cannot be closed", async () => {
  using world = await GatewayWorld.open();
  world.laws.allow(CloseCode.revoked);
  const jwt = world.token("ada");
  const [first, second] = [world.accept({ jwt }), world.accept({ jwt })];
  for (const { say } of [first, second]) say('{"type":"hello"}');
  await world.clock.advance(100);
  const close = first.session.close.bind(first.session);
  first.session.close = fail;
  await world.until(world.revoke().user("ada", world.clock.now() + 1_000));
  await world.clock.advance(100);
  assert.equal(second.session.isClosed, true);
  first.session.close = close;
  first.lose();
  await world.end(["ada"]);
});
