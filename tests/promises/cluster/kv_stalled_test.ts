import assert from "node:assert/strict";
import { eventually } from "../../drivers/deadline.ts";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { Device } from "../../drivers/device.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import type { Service } from "../../drivers/service.ts";
import { reconcile, SteadyPublisher } from "../../drivers/steady_publisher.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();

/** The server will apply a commit that this instance has given up waiting for, and sent again. */
function hasGivenUpWaiting({ output }: Service): boolean {
  return output.log.some(({ event, reason }) =>
    event === "commit.troubled" && reason === "timeout-or-error"
  );
}

Deno.test({
  name: "commits that a stalled KV server applies after everybody gave up on them count once",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 2);
    const [left, right] = together.instances as [Service, Service];
    await using open = new AsyncDisposableStack();
    const devices: Device[] = [];
    for (const service of [left, right]) {
      devices.push(open.use(await Device.connect(service, "ada")));
    }

    const publishers = [left, right].map((service) => new SteadyPublisher(service, "ada", 50));
    try {
      await Promise.all(devices.map((device) => device.reaches(100)));
      server.pause();
      try {
        await eventually(
          () => hasGivenUpWaiting(left) && hasGivenUpWaiting(right),
          "commits without an answer",
        );
      } finally {
        server.resume();
      }
      const before = publishers.map(({ acknowledged }) => acknowledged.length);
      await eventually(
        () => publishers.every((one, i) => one.acknowledged.length > (before[i] as number) + 50),
        "publishes to go on",
      );
    } finally {
      await Promise.all(publishers.map((publisher) => publisher.stop()));
    }
    await reconcile(devices, publishers.flatMap(({ acknowledged }) => acknowledged), left);
    assert(devices.every(({ isOpen }) => isOpen));
  },
});
