// alone: it publishes as fast as the machine may just carry.
import assert from "node:assert/strict";
import { Crowd, usersNamed } from "../../drivers/crowd.ts";
import { eventually } from "../../drivers/deadline.ts";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import { reconcileAll } from "../../drivers/reconciliation.ts";
import { RetryingPublisher } from "../../drivers/retrying_publisher.ts";
import type { Service } from "../../drivers/service.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();

const KILLS = 3;

/** Waits until the service says that its store is away. */
async function misses(service: Service): Promise<void> {
  await eventually(async () => {
    const answer = await service.fetch("/ready");
    await answer.body?.cancel();
    return answer.status === 503;
  }, () => `/ready to answer 503\n${service.output.text}`);
}

Deno.test({
  name: "kill -9 of denokv three times under 500 publishes a second loses and doubles nothing",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 2);
    const { instances } = together;
    const users = usersNamed("user", 20);
    await using crowd = await Crowd.gather(instances, { users, each: 2 });
    const publisher = new RetryingPublisher(instances, { users, perSecond: 500 });
    try {
      for (let kills = 0; kills < KILLS; kills++) {
        await publisher.acknowledges(1_000);
        await server.kill();
        // Once it stays away until everybody has noticed; else it is back before calls have failed.
        if (kills === 1) await Promise.all(instances.map(misses));
        await server.restart();
      }
      await publisher.acknowledges(1_000);
    } finally {
      await publisher.stop();
    }
    const tally = await reconcileAll({ crowd, publishers: [publisher], instances });
    assert(tally.acknowledged >= 1_000 * (KILLS + 1));
    assert.equal(tally.shown, tally.deliveries * 2);
  },
});
