import assert from "node:assert/strict";
import { eventually } from "../../drivers/deadline.ts";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { Device } from "../../drivers/device.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import type { Service } from "../../drivers/service.ts";
import { reconcile, SteadyPublisher } from "../../drivers/steady_publisher.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();

Deno.test({
  name: "an instance that stood still until it was given up goes on, and its devices are complete",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 2);
    const [paused, other] = together.instances as [Service, Service];
    await using open = new AsyncDisposableStack();
    const devices: Device[] = [];
    for (const service of [paused, paused, other]) {
      devices.push(open.use(await Device.connect(service, "ada")));
    }
    const bob = open.use(await Device.connect(paused, "bob"));

    const publisher = new SteadyPublisher(other, "ada", 20);
    try {
      await Promise.all(devices.map((device) => device.reaches(10)));
      paused.signal("SIGSTOP");
      try {
        await eventually(
          async () => !(await other.presence("bob")).online,
          "the lease to be given up",
        );
        await other.published({ to: { user: "bob" }, title: "While it stood still" });
      } finally {
        paused.signal("SIGCONT");
      }
      await eventually(
        () => paused.output.log.some(({ event }) => event === "instance.reborn"),
        () => `a rebirth\n${paused.output.text}`,
      );
      await bob.reaches(1);
      await eventually(async () => (await other.presence("bob")).online, "bob to be online again");
    } finally {
      await publisher.stop();
    }
    await reconcile(devices, publisher.acknowledged, other);
    // It is in the cluster again, in both directions.
    for (const service of [paused, other]) {
      const { deliveries } = await service.published({ to: { user: "ada" }, title: service.url });
      for (const device of devices) {
        await device.reaches(deliveries[0]?.seq ?? NaN);
        assert.equal(device.notified.at(-1)?.live, true);
      }
    }
    assert(bob.isOpen && devices.every(({ isOpen }) => isOpen));
  },
});
