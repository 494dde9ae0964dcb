// long: it publishes for more than half a minute.
import assert from "node:assert/strict";
import { pause, systemClock } from "../../../src/clock.ts";
import { Crowd, usersNamed } from "../../drivers/crowd.ts";
import { eventually } from "../../drivers/deadline.ts";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import { reconcileAll } from "../../drivers/reconciliation.ts";
import { RetryingPublisher } from "../../drivers/retrying_publisher.ts";
import type { Service } from "../../drivers/service.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();

const STOPPED_MS = 30_000;
const HEARTBEAT_MS = 4_000;

Deno.test({
  name: "an instance that stands still for 30 seconds costs its devices time, and nothing else",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 3, {
      BELLWIRE_HEARTBEAT_MS: String(HEARTBEAT_MS),
    });
    const { instances } = together;
    const [stopped] = instances as [Service];
    const users = usersNamed("user", 15);
    // Of the devices on each instance, every second one notices by itself that it hears nothing.
    await using crowd = await Crowd.gather(instances, {
      users,
      each: 4,
      behave: (device) => ({ patient: Math.floor(device / 3) % 2 === 0 }),
    });
    const publisher = new RetryingPublisher(instances, { users, perSecond: 150 });
    try {
      await publisher.acknowledges(200);
      stopped.signal("SIGSTOP");
      try {
        // How long it stands still is what this is about, not something to be waited for.
        await pause(systemClock, STOPPED_MS);
      } finally {
        stopped.signal("SIGCONT");
      }
      await eventually(
        () => stopped.output.log.some(({ event }) => event === "instance.reborn"),
        "it to find its lease gone",
      );
      await publisher.acknowledges(300);
    } finally {
      await publisher.stop();
    }
    const tally = await reconcileAll({ crowd, publishers: [publisher], instances });
    assert(tally.acknowledged >= 1_000);
    assert.equal(tally.shown, tally.deliveries * 4);
    assert(crowd.connections > crowd.devices.length, "nobody noticed the silence");
  },
});
