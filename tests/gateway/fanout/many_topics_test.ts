import assert from "node:assert/strict";
import { topicStream } from "../../../src/domain/stream_name.ts";
import { PAUSE_ABOVE_BYTES } from "../../../src/gateway/session/session.ts";
import { encodeItem } from "../../../src/encoding/encode_item.ts";
import { parseNotification } from "../../../src/schemas/parse_notification.ts";
import { asSent } from "../../drivers/as_sent.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import { SeededRandom } from "../../simulation/support/seeded_random.ts";
import { SimulatedDevice } from "../../simulation/support/simulated_device.ts";

/** No frame is as large. */
const FRAME_MAX = 256 * 1024;
const TOPICS = Array.from({ length: 12 }, (_, i) => `t${i}`);
const ITEMS = 8;

Deno.test("however many topics a device that reads nothing follows, it costs no more than a frame above the limit", async () => {
  using world = await GatewayWorld.open();
  const { topics, publisher } = world.store;
  for (const topic of TOPICS) {
    await world.until(topics.join("ada", topicStream(topic), true));
    const { streams, ...parsed } = parseNotification(
      asSent({ to: { topic }, title: "Large", data: "n".repeat(15_000) }),
      world.clock.now(),
    );
    for (let i = 0; i < ITEMS; i++) {
      const item = (id: string, at: number) =>
        encodeItem({ streams, ...parsed }, { id, publishedAt: at });
      await world.until(publisher.publish({ streams, item }));
    }
  }
  const device = new SimulatedDevice("ada", { world, random: new SeededRandom(1) });
  device.reading = "stalled";
  device.connect();
  await world.clock.advance(1_000);
  const transport = device.connection?.transport;
  assert(
    transport !== undefined && transport.peak > PAUSE_ABOVE_BYTES,
    "it has room for all of it",
  );
  assert(transport.peak < PAUSE_ABOVE_BYTES + FRAME_MAX, `${transport.peak} bytes`);
  device.read("fast");
  await world.settle({ isIdle: () => !device.isBusy });
  assert.equal(world.gateway.backpressure.size, 0);
  assert.deepEqual(device.model.counts, {
    unread: TOPICS.length * ITEMS,
    unseen: TOPICS.length * ITEMS,
  });
  assert.deepEqual(world.laws.broken, []);
});
