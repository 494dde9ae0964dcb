import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { Service } from "../drivers/service.ts";

Deno.test("a device that was away for too many changes learns what was made of topics' items too", async () => {
  await using service = await Service.start({ env: { BELLWIRE_EVENTS_MAX: "5" } });
  await using here = await Device.connect(service, "ada");
  await using away = await Device.connect(service, "ada");
  const { deliveries } = await service.published({ to: { everyone: true }, title: "To all" });
  for (const device of [here, away]) {
    await device.until(() => device.of("everyone").length === 1, "what was sent to everyone");
  }
  await away.drop();
  const items = deliveries.map(({ seq }) => seq);
  await here.ask({ type: "mark", op: "read", stream: "topic:everyone", items });
  for (let i = 0; i < 20; i++) {
    await service.published({ to: { user: "ada" }, title: `State ${i}`, collapseKey: "state" });
  }
  await away.connect();
  const own = await away.message("reset");
  assert.deepEqual([own.stream, own["reason"]], ["user", "trimmed"]);
  await away.until(() => away.of("everyone")[0]?.read === true, "to know that it is read");
  await away.equalsInbox();
});
