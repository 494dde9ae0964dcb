import assert from "node:assert/strict";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { Device } from "../../drivers/device.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import type { Service } from "../../drivers/service.ts";
import { type Acknowledged, reconcile } from "../../drivers/steady_publisher.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();
const DEVICES = 5;
const PUBLISHES = 200;
const AT_ONCE = 10;

/** Half of the publishes, some at a time. */
async function publishMany(service: Service, name: string): Promise<Acknowledged[]> {
  const acknowledged: Acknowledged[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < PUBLISHES / 2) {
      const title = `${name} ${next++}`;
      const { id, deliveries } = await service.published({ to: { user: "ada" }, title });
      acknowledged.push({ id, seq: deliveries[0]?.seq ?? NaN });
    }
  }));
  return acknowledged;
}

Deno.test({
  name: "what is published on either of two processes reaches the devices of both, in one order",
  ignore: denokv === undefined,
  async fn(t) {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 2);
    const [left, right] = together.instances as [Service, Service];
    await using open = new AsyncDisposableStack();
    const devices: Device[] = [];
    for (const service of [left, right]) {
      for (let i = 0; i < DEVICES; i++) {
        devices.push(open.use(await Device.connect(service, "ada")));
      }
    }

    await t.step("one after the other, each comes live", async () => {
      for (let seq = 1; seq <= 10; seq++) {
        const service = seq % 2 === 0 ? left : right;
        const { id } = await service.published({ to: { user: "ada" }, title: `Calm ${seq}` });
        await Promise.all(devices.map((device) => device.reaches(seq)));
        for (const device of devices) {
          assert.deepEqual(device.notified.at(-1), { seq, id, live: true });
        }
      }
    });

    await t.step("many on both at once", async () => {
      const acknowledged = await Promise.all([
        publishMany(left, "Left"),
        publishMany(right, "Right"),
      ]);
      await reconcile(devices, acknowledged.flat(), left);
    });
  },
});
