import assert from "node:assert/strict";
import { eventually } from "../../drivers/deadline.ts";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { Device } from "../../drivers/device.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import { inMs, recall, schedule, statusOf } from "../../drivers/publisher_calls.ts";
import type { Service } from "../../drivers/service.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();

Deno.test({
  name: "what was scheduled is sent once by one of three processes, also where one is killed then",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 3);
    const [doomed, left, right] = together.instances as [Service, Service, Service];
    const users = Array.from({ length: 40 }, (_, i) => `user-${i}`);
    const sendAt = inMs(15_000);
    const many = await schedule(doomed, { to: { users }, title: "Many", sendAt });
    const singles = await Promise.all(
      users.map((user) => schedule(doomed, { to: { user }, title: "Single", sendAt })),
    );
    const cancelled = singles.slice(0, 10);
    for (const id of cancelled) assert.equal(await recall(right, id), 204);
    await using device = await Device.connect(left, "user-39");
    await eventually(() => Date.now() > Date.parse(sendAt) + 50, "the time to come");
    await doomed.kill();
    for (const id of [many, ...singles.slice(10)]) {
      await eventually(async () => (await statusOf(right, id)).state === "sent", "it to be sent");
    }
    await device.reaches(2);
    assert.equal(new Set(device.notified.map(({ id }) => id)).size, 2);
    for (const [i, user] of users.entries()) {
      const titles = (await left.inbox(user)).map(({ title }) => title).sort();
      assert.deepEqual(titles, i < 10 ? ["Many"] : ["Many", "Single"], user);
    }
    for (const id of cancelled) assert.equal((await statusOf(left, id)).state, "recalled");
  },
});

Deno.test({
  name: "what expires, and what is recalled, vanishes from the devices of every process",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 3);
    await using open = new AsyncDisposableStack();
    const devices: Device[] = [];
    for (const service of together.instances) {
      devices.push(open.use(await Device.connect(service, "ada")));
    }
    const [one, two, three] = together.instances as [Service, Service, Service];
    await one.published({ to: { user: "ada" }, title: "Soon gone", ttl: 2 });
    await schedule(two, { to: { user: "ada" }, title: "Later", sendAt: inMs(8_000), ttl: 1 });
    const wrong = await two.published({ to: { user: "ada" }, title: "Wrong" });
    const kept = await three.published({ to: { user: "ada" }, title: "Kept" });
    assert.equal(await recall(three, wrong.id), 204);
    for (const device of devices) {
      await device.until(
        () => device.notified.length === 4 && device.items.length === 1,
        "three of four to vanish",
      );
      assert.equal(device.items[0]?.id, kept.id);
      const ops = device.messages.filter(({ type }) => type === "change").map(({ op }) => op);
      assert.deepEqual(ops.sort(), ["expire", "expire", "recall"]);
    }
  },
});
