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
  name: "devices of an instance that is killed miss nothing when they go on at another one",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 2);
    const [killed, other] = together.instances as [Service, Service];
    await using open = new AsyncDisposableStack();
    const moving: Device[] = [];
    for (let i = 0; i < 5; i++) moving.push(open.use(await Device.connect(killed, "ada")));
    const staying = open.use(await Device.connect(other, "ada"));

    const publisher = new SteadyPublisher(other, "ada", 100);
    try {
      await Promise.all(moving.map((device) => device.reaches(100)));
      await killed.kill();
      for (const [i, device] of moving.entries()) {
        await device.ended;
        // Clients come back one after the other, while more is published.
        await staying.reaches((staying.cursor?.seq ?? 0) + 10 * i);
        device.moveTo(other);
        await device.connect();
      }
      await staying.reaches((staying.cursor?.seq ?? 0) + 50);
    } finally {
      await publisher.stop();
    }
    await reconcile([...moving, staying], publisher.acknowledged, other);

    // Both logs name the dead one by the same id.
    const id = killed.output.log.find(({ event }) => event === "service.ready")?.["instance"];
    const evicted = await eventually(
      () => Promise.resolve(other.output.log.find(({ event }) => event === "instance.evicted")),
      () => `the line that tells of the death\n${other.output.text}`,
      60_000,
    );
    assert.equal(typeof id, "string");
    assert.equal(evicted["peer"], id);
    assert.notEqual(evicted["instance"], id);
    const series = 'bellwire_peer_changes_total\\{change="evicted"\\}';
    assert.equal(await other.metric(series), 1);
  },
});
