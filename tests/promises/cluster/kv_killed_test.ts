import assert from "node:assert/strict";
import { eventually, within } from "../../drivers/deadline.ts";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { Device } from "../../drivers/device.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import { refuses } from "../../drivers/refusal.ts";
import type { Service } from "../../drivers/service.ts";
import { reconcile, SteadyPublisher } from "../../drivers/steady_publisher.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();

async function answers(service: Service, status: number): Promise<void> {
  await eventually(async () => {
    const answer = await service.fetch("/ready");
    await answer.body?.cancel();
    return answer.status === status;
  }, () => `/ready to answer ${status}\n${service.output.text}`);
}

async function refuseMany(service: Service, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const answer = await service.publish({ to: { user: "bob" }, title: "Not now" });
    assert.match(answer.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    await refuses(answer, [503, "unavailable"]);
  }
}

Deno.test({
  name: "while the KV server is away no device is cut off, and what was acknowledged is not lost",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 2);
    const [left, right] = together.instances as [Service, Service];
    await using open = new AsyncDisposableStack();
    const devices: Device[] = [];
    for (const service of [left, left, right, right]) {
      devices.push(open.use(await Device.connect(service, "ada")));
    }

    const late = new Device(right, "bob");

    const publishers = [left, right].map((service) => new SteadyPublisher(service, "ada", 50));
    const [onLeft] = publishers as [SteadyPublisher, SteadyPublisher];
    try {
      await Promise.all(devices.map((device) => device.reaches(100)));
      await server.kill();
      await Promise.all([answers(left, 503), answers(right, 503)]);
      await eventually(() => onLeft.statuses.has(503), "a publish to be refused");
      // Each is answered at once: one after the other, waiting for the store, they would not be done
      // before any deadline.
      await within(refuseMany(right, 100), "100 publishes to be refused");
      // Who comes meanwhile is kept, and welcomed later.
      await late.open();
      open.use(late);

      await server.restart();
      const before = publishers.map(({ acknowledged }) => acknowledged.length);
      await Promise.all([answers(left, 200), answers(right, 200)]);
      await eventually(
        () => publishers.every((one, i) => one.acknowledged.length > (before[i] as number) + 50),
        "publishes to go on",
      );
    } finally {
      await Promise.all(publishers.map((publisher) => publisher.stop()));
    }
    for (const { statuses } of publishers) {
      assert.deepEqual([...statuses.keys()].sort(), [201, 503]);
    }
    await reconcile(devices, publishers.flatMap(({ acknowledged }) => acknowledged), right);
    await late.reaches(0);
    const toBob = await left.published({ to: { user: "bob" }, title: "Now" });
    await late.reaches(1);
    assert.deepEqual(late.notified, [{ seq: 1, id: toBob.id, live: true }]);
    assert(late.isOpen);
    for (const device of devices) {
      assert(device.isOpen);
      assert.equal(device.messages.filter(({ type }) => type === "welcome").length, 1);
    }
    const { deliveries } = await right.published({ to: { user: "ada" }, title: "Afterwards" });
    for (const device of devices) {
      await device.reaches(deliveries[0]?.seq ?? NaN);
      assert.equal(device.notified.at(-1)?.live, true);
    }
  },
});
