import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { Service } from "../drivers/service.ts";

const ENV = { BELLWIRE_HEARTBEAT_MS: "300", BELLWIRE_PONG_TIMEOUT_MS: "1500" };

Deno.test("a device that does not answer a ping is closed with 4012 and forgotten", async () => {
  await using service = await Service.start({ env: ENV });
  await using mute = await Device.connect(service, "ada", { mute: true });
  await using other = await Device.connect(service, "ada");
  assert.equal((await mute.message("welcome")).heartbeatMs, 300);
  const { code, disconnect } = await mute.closedByServer();
  assert.equal(code, 4012);
  assert.deepEqual([disconnect?.code, disconnect?.reconnect], [4012, true]);
  await service.connections(1);
  assert(other.isOpen);
});

Deno.test("a device that has vanished without a word is forgotten", async () => {
  await using service = await Service.start({ env: ENV });
  await using vanished = await Device.connect(service, "ada");
  // As if its cable were cut: nothing reaches it any more, and nothing comes from it.
  vanished.pause();
  await service.connections(0);
});

Deno.test("a device that answers pings stays, and so does one that says it unasked", async () => {
  await using service = await Service.start({ env: ENV });
  await using device = await Device.connect(service, "ada");
  await device.until(
    () => device.messages.filter(({ type }) => type === "ping").length === 5,
    "five pings",
  );
  await Promise.all(Array.from({ length: 20 }, () => device.send({ type: "pong" })));
  const { deliveries } = await service.published({ to: { user: "ada" }, title: "Hello" });
  await device.reaches(deliveries[0]?.seq ?? NaN);
  assert(device.isOpen);
  await service.connections(1);
});

Deno.test("a session is forgotten once its device says goodbye or is gone", async () => {
  await using service = await Service.start();
  await using polite = await Device.connect(service, "ada");
  await using rude = await Device.connect(service, "ada");
  await service.connections(2);
  await polite.close();
  await service.connections(1);
  await rude.drop();
  await service.connections(0);
});
