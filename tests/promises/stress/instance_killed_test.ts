// alone: it publishes as fast as the machine may just carry.
import assert from "node:assert/strict";
import { Crowd, usersNamed } from "../../drivers/crowd.ts";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import { reconcileAll } from "../../drivers/reconciliation.ts";
import { RetryingPublisher } from "../../drivers/retrying_publisher.ts";
import type { Service } from "../../drivers/service.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();

Deno.test({
  name: "kill -9 of instances under 500 publishes a second loses, doubles and reorders nothing",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 3);
    const { instances } = together;
    const [first, second, third] = instances as [Service, Service, Service];
    const users = usersNamed("user", 20);
    await using crowd = await Crowd.gather(instances, { users, each: 3 });
    const publisher = new RetryingPublisher(instances, { users, perSecond: 500 });
    try {
      await publisher.acknowledges(1_000);
      await first.kill();
      await publisher.acknowledges(1_000);
      await first.restart();
      await publisher.acknowledges(500);
      await second.kill();
      await publisher.acknowledges(1_000);
    } finally {
      await publisher.stop();
    }
    const tally = await reconcileAll({ crowd, publishers: [publisher], instances: [first, third] });
    assert(tally.acknowledged >= 3_500);
    assert.equal(tally.shown, tally.deliveries * 3);
    const moved = crowd.connections - crowd.devices.length;
    assert(moved >= crowd.devices.length / 3, `only ${moved} connections were made anew`);
    assert(publisher.attempts.has("cut"), "nobody was called when it was killed");
  },
});
