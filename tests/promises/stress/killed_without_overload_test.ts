// alone: the machine should have nothing else to do than what the test lets it do
import assert from "node:assert/strict";
import { Crowd, usersNamed } from "../../drivers/crowd.ts";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import { reconcileAll } from "../../drivers/reconciliation.ts";
import { RetryingPublisher } from "../../drivers/retrying_publisher.ts";
import type { Service } from "../../drivers/service.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();

/** Something else that takes a core, until it is disposed of. */
function busyLoop(): Disposable {
  const code = "while (true) Math.random();";
  const worker = new Worker(`data:application/javascript,${encodeURIComponent(code)}`, {
    type: "module",
  });
  return { [Symbol.dispose]: () => worker.terminate() };
}

Deno.test({
  name: "after kill -9 of one of three on a busy machine, the others take all that is published",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 3);
    const { instances } = together;
    const [first, second, third] = instances as [Service, Service, Service];
    const users = usersNamed("user", 20);
    await using crowd = await Crowd.gather(instances, { users, each: 3 });
    const publisher = new RetryingPublisher(instances, { users, perSecond: 20 });
    try {
      await publisher.acknowledges(100);
      using _one = busyLoop();
      using _two = busyLoop();
      await first.kill();
      await publisher.acknowledges(500);
    } finally {
      await publisher.stop();
    }
    // So few are published that a busy machine can write them, though each may take seconds.
    assert.equal(publisher.refusals.get("overloaded"), undefined, String(publisher));
    await reconcileAll({ crowd, publishers: [publisher], instances: [second, third] });
  },
});
