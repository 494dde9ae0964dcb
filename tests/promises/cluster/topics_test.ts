import assert from "node:assert/strict";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { Device } from "../../drivers/device.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import type { Service } from "../../drivers/service.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();
const USERS = ["ada", "bob", "eve"];
const TOPICS = { wishes: { claims: { topics: ["*"], publish: ["topic:chat"] } } };

Deno.test({
  name: "topics are one for all instances: joins, messages, marks and leaves reach every device",
  ignore: denokv === undefined,
  async fn(t) {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 3);
    const instances = together.instances as [Service, Service, Service];
    await using open = new AsyncDisposableStack();
    // Each user has a device on every instance.
    const devices: Device[] = [];
    const of = (user: string) => devices.filter((device) => device.user === user);
    for (const user of USERS) {
      for (const service of instances) {
        devices.push(open.use(await Device.connect(service, user, TOPICS)));
      }
    }

    await t.step("who joins on one device has joined on all", async () => {
      for (const [i, user] of USERS.entries()) {
        await (of(user)[i] as Device).ask({ type: "subscribe", topic: "chat" });
      }
      for (const device of devices) {
        await device.until(() => device.streams.includes("topic:chat"), "to follow the topic");
        await device.until(() => device.counts.unread === 0, "nothing yet");
      }
    });

    await t.step("what several instances publish at once comes to all in one order", async () => {
      await Promise.all(USERS.map(async (user, i) => {
        const device = of(user)[i] as Device;
        for (let n = 1; n <= 30; n++) {
          await device.ask({ type: "publish", topic: "chat", title: `${user} ${n}` });
        }
      }));
      const { deliveries } = await instances[1].published({ to: { everyone: true }, title: "All" });
      assert.deepEqual(deliveries, [{ stream: "topic:everyone", seq: 1 }]);
      for (const device of devices) {
        await device.until(() => device.of("chat").length === 90, "all messages");
        await device.until(() => device.of("everyone").length === 1, "what was sent to all");
        assert.deepEqual(device.of("chat"), (devices[0] as Device).of("chat"));
        assert.deepEqual(device.counts, { unread: 91, unseen: 91 });
      }
      for (const user of USERS) {
        const own = (devices[0] as Device).of("chat").filter(({ from }) => from === user);
        assert.deepEqual(
          own.map(({ title }) => title).reverse(),
          Array.from({ length: 30 }, (_, i) => `${user} ${i + 1}`),
        );
      }
    });

    await t.step(
      "marks reach the user's devices on the other instances, and nobody else's",
      async () => {
        await (of("ada")[0] as Device).ask({
          type: "mark",
          op: "read",
          upTo: { "topic:chat": 80, "topic:everyone": 1 },
        });
        for (const device of of("ada")) {
          await device.until(() => device.counts.unread === 10, "the marks");
          await device.equalsInbox();
        }
        for (const device of of("bob")) assert.equal(device.counts.unread, 91);
      },
    );

    await t.step("who goes on at another instance misses nothing of a topic", async () => {
      const moving = of("eve")[0] as Device;
      await instances[0].kill();
      await instances[2].published({ to: { topic: "chat" }, title: "Meanwhile" });
      moving.moveTo(instances[1]);
      await moving.connect();
      await moving.until(() => moving.of("chat")[0]?.title === "Meanwhile", "what it has missed");
      await moving.equalsInbox();
    });

    await t.step("who leaves on one device has left on all", async () => {
      const [, phone, laptop] = of("bob") as [Device, Device, Device];
      await phone.ask({ type: "unsubscribe", topic: "chat" });
      for (const device of [phone, laptop]) {
        await device.until(() => !device.streams.includes("topic:chat"), "to follow it no more");
        assert.equal(device.counts.unread, 1);
        await device.equalsInbox();
      }
    });
  },
});
