import assert from "node:assert/strict";
import { eventually } from "../../drivers/deadline.ts";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { Device } from "../../drivers/device.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import type { Service } from "../../drivers/service.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();
/** What is promised. */
const RIGHT_WITHIN_MS = 15_000;

async function becomes(service: Service, user: string, instances: number): Promise<void> {
  let seen = {};
  await eventually(
    async () => {
      const presence = await service.presence(user);
      seen = presence;
      assert.equal(presence.online, presence.instances > 0);
      return presence.instances === instances;
    },
    () => `${user} to be on ${instances} instances, was ${JSON.stringify(seen)}`,
    RIGHT_WITHIN_MS,
  );
}

Deno.test({
  name: "every process knows who is connected where, also after kill -9 of one",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 3);
    const [left, right, third] = together.instances as [Service, Service, Service];
    await using _onLeft = await Device.connect(left, "ada");
    await using _onRight = await Device.connect(right, "ada");
    await using _second = await Device.connect(right, "ada");
    await using _bob = await Device.connect(right, "bob");
    await using grace = await Device.connect(third, "grace");
    for (const service of together.instances) {
      assert.deepEqual(await service.presence("ada"), { online: true, instances: 2 });
      assert.deepEqual(await service.presence("bob"), { online: true, instances: 1 });
      assert.deepEqual(await service.presence("grace"), { online: true, instances: 1 });
      assert.deepEqual(await service.presence("nobody"), { online: false, instances: 0 });
    }

    await Promise.all([grace.close(), right.kill()]);
    await Promise.all([
      becomes(third, "grace", 0),
      becomes(left, "grace", 0),
      becomes(left, "ada", 1),
      becomes(third, "bob", 0),
    ]);

    await right.restart();
    await using _back = await Device.connect(right, "bob");
    for (const service of together.instances) {
      assert.deepEqual(await service.presence("ada"), { online: true, instances: 1 });
      assert.deepEqual(await service.presence("bob"), { online: true, instances: 1 });
    }
  },
});
