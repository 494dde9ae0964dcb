import assert from "node:assert/strict";
import { topicStream } from "../../../src/domain/stream_name.ts";
import { messagesOf } from "../../fakes/fake_transport.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import { HeldKv } from "../../fakes/held_kv.ts";
import { SeededRandom } from "../../simulation/support/seeded_random.ts";
import { SimulatedDevice } from "../../simulation/support/simulated_device.ts";

const TOPIC = topicStream("news");

Deno.test("what is published right after a user has joined comes as an event, not in the reset", async () => {
  const kvs: HeldKv[] = [];
  using world = await GatewayWorld.open({
    clustered: 2,
    between: (memory) => {
      const held = new HeldKv(memory);
      kvs.push(held);
      return held;
    },
  });
  const join = (user: string) =>
    world.call(1, ({ store: { topics } }) => topics.join(user, TOPIC, true));
  const publish = (title: string) => world.publishTo([TOPIC], { title }, { instance: 1 });
  await world.until(join("bob"));
  await world.until(publish("before"));
  const device = new SimulatedDevice("ada", { world, random: new SeededRandom(1) });
  device.connect();
  await world.settle({ isIdle: () => !device.isBusy });

  device.reading = "stalled";
  const { reached, release } = (kvs[0] as HeldKv).holdNext("head");
  await world.until(Promise.all([join("ada"), reached]));
  await world.until(publish("after"));
  release();
  await world.clock.advance(1_000);

  const ofTopic = messagesOf(device.connection?.transport).filter(({ stream }) =>
    stream === "topic:news"
  );
  assert.deepEqual(
    ofTopic.map(({ type, seq, reason, items, live, item }) => [
      type,
      seq,
      ...(type === "reset" ? [reason, items] : [live, item?.["title"]]),
    ]),
    [
      ["reset", 1, "new", []],
      ["notification", 2, false, "after"],
      ["caughtUp", 2, undefined, undefined],
    ],
  );
  device.read("fast");
  await world.settle({ isIdle: () => !device.isBusy });
  await device.assertEqualsInbox();
  assert.deepEqual(world.laws.broken, []);
});
