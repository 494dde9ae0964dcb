// alone: it has a thousand devices, and publishes as fast as the machine may just carry.
import assert from "node:assert/strict";
import { Crowd, usersNamed } from "../../drivers/crowd.ts";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import { reconcileAll } from "../../drivers/reconciliation.ts";
import { RetryingPublisher } from "../../drivers/retrying_publisher.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();

const CLIENTS = 1_000;
const EACH = 4;

Deno.test({
  name: "three instances are restarted in turn under a thousand devices, which miss nothing",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 3);
    const { instances } = together;
    const users = usersNamed("user", CLIENTS / EACH);
    await using crowd = await Crowd.gather(instances, { users, each: EACH });
    const publisher = new RetryingPublisher(instances, { users, perSecond: 300 });
    try {
      await publisher.acknowledges(500);
      for (const service of instances) {
        assert.equal(await service.stop(), 0, service.output.text);
        await service.restart();
        // As whoever deploys does: not before everybody is back.
        await crowd.isBack();
        await publisher.acknowledges(200);
      }
    } finally {
      await publisher.stop();
    }
    const tally = await reconcileAll({ crowd, publishers: [publisher], instances });
    assert(tally.acknowledged >= 2_000);
    assert.equal(tally.shown, tally.deliveries * EACH);
    // Whoever is on an instance that stops is sent away, and each of the three was stopped.
    const moved = crowd.connections - CLIENTS;
    assert(moved >= CLIENTS, `only ${moved} connections were made anew`);
    for (const device of crowd.devices) assert(device.ends.has(4001), "it was never sent away");
  },
});
