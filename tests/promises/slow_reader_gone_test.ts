// long: it waits for a minute
import assert from "node:assert/strict";
import { eventually } from "../drivers/deadline.ts";
import { Device } from "../drivers/device.ts";
import { Service } from "../drivers/service.ts";

Deno.test("a device that takes nothing for a minute is closed with 4008 and forgotten", async () => {
  await using service = await Service.start({ env: { BELLWIRE_INBOX_MAX: "10000" } });
  await using stalled = await Device.connect(service, "ada");
  await using other = await Device.connect(service, "ada");
  stalled.pause();
  const data = "x".repeat(16_000);
  let last = 0;
  await eventually(async () => {
    const { deliveries } = await service.published({ to: { user: "ada" }, title: "Large", data });
    last = deliveries[0]?.seq ?? 0;
    return await service.metric("bellwire_parked_connections") === 1;
  }, "a parked device");

  await service.connections(1, 90_000);
  assert.equal(await service.metric("bellwire_parked_connections"), 0);
  assert.equal(await service.metric('bellwire_sessions_ended_total\\{code="4008"\\}'), 1);
  await other.reaches(last);
  assert.equal(other.notified.length, last);
  assert(other.isOpen);

  // It comes back from where it was.
  await stalled.drop();
  await stalled.connect();
  await stalled.reaches(last);
  await stalled.equalsInbox();
});
