// alone: it publishes as fast as the machine may just carry.
import assert from "node:assert/strict";
import { Crowd, usersNamed } from "../../drivers/crowd.ts";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import { reconcileAll } from "../../drivers/reconciliation.ts";
import { RetryingPublisher } from "../../drivers/retrying_publisher.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();

Deno.test({
  name: "what three processes publish to the same users at once reaches the devices on all three",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 3);
    const { instances } = together;
    const users = usersNamed("user", 10);
    await using crowd = await Crowd.gather(instances, { users, each: 3 });
    const publisher = new RetryingPublisher(instances, { users, perSecond: 500 });
    try {
      await publisher.acknowledges(2_000);
    } finally {
      await publisher.stop();
    }
    const tally = await reconcileAll({ crowd, publishers: [publisher], instances });
    assert(tally.acknowledged >= 2_000);
    assert.equal(tally.shown, tally.deliveries * 3);
    assert.equal(crowd.connections, crowd.devices.length, "somebody was cut off");
  },
});
