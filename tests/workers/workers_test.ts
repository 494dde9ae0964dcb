import assert from "node:assert/strict";
import { within } from "../drivers/deadline.ts";
import { Device } from "../drivers/device.ts";
import { Service } from "../drivers/service.ts";
import { ServiceProcess } from "../drivers/service_process.ts";
import { reconcile, SteadyPublisher } from "../drivers/steady_publisher.ts";

const DEVICES = 20;

Deno.test("several workers on one file are one service", async (t) => {
  await using service = await Service.start({
    env: { BELLWIRE_WORKERS: "2", BELLWIRE_INBOX_MAX: "10000" },
  });
  await using open = new AsyncDisposableStack();
  const devices: Device[] = [];
  for (let i = 0; i < DEVICES; i++) devices.push(open.use(await Device.connect(service, "ada")));

  await t.step("devices of every worker get everything, in order", async () => {
    assert.deepEqual(await service.presence("ada"), { online: true, instances: 2 });
    const publisher = new SteadyPublisher(service, "ada", 200);
    await Promise.all(devices.map((device) => device.reaches(300)));
    await publisher.stop();
    assert.deepEqual([...publisher.statuses.keys()], [201]);
    await reconcile(devices, publisher.acknowledged, service);
  });

  await t.step("/metrics and /ready speak for all workers, whichever answers", async () => {
    for (let i = 0; i < 8; i++) {
      assert.equal(await service.metric("bellwire_connections"), DEVICES);
      const ready = await service.fetch("/ready");
      assert.equal(ready.status, 200, await ready.text());
    }
  });

  await t.step("a second process on the file is refused, also one with workers", async () => {
    for (const workers of ["1", "2"]) {
      const second = new ServiceProcess({ ...service.environment(), BELLWIRE_WORKERS: workers });
      const code = await within(second.ended, "the end of the second");
      assert.equal(code, 1, second.output.text);
      assert.match(second.output.stderr, /already uses .*denokv/s);
    }
  });

  await t.step("SIGTERM sends every device away with its code, and ends with 0", async () => {
    service.signal("SIGTERM");
    for (const device of devices) {
      const { code, disconnect } = await device.closedByServer();
      assert.equal(code, 4001);
      assert.equal(disconnect?.["reconnect"], true);
    }
    assert.equal(await service.gone(), 0, service.output.text);
  });

  await t.step("after a restart every device goes on where it was", async () => {
    await service.restart();
    const { deliveries } = await service.published({ to: { user: "ada" }, title: "Again" });
    for (const device of devices) await device.connect();
    await Promise.all(devices.map((device) => device.reaches(deliveries[0]?.seq ?? NaN)));
  });
});
