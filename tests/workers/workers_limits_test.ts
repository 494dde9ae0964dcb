import assert from "node:assert/strict";
import { eventually } from "../drivers/deadline.ts";
import { Device } from "../drivers/device.ts";
import { Service } from "../drivers/service.ts";

/** What became of a device that said hello: 0 where it may stay, else its close code. */
function fateOf(device: Device): Promise<number> {
  return Promise.race([
    device.message("reset").then(() => 0, async () => (await device.ended).code),
    device.ended.then(({ code }) => code),
  ]);
}

Deno.test("the most connections of a user, and of all, hold for all workers together", async (t) => {
  await using service = await Service.start({
    env: {
      BELLWIRE_WORKERS: "2",
      BELLWIRE_MAX_CONNECTIONS_PER_USER: "5",
      BELLWIRE_MAX_CONNECTIONS: "12",
    },
  });

  await t.step("a user's places are counted over all workers", async () => {
    await using cleanUp = new AsyncDisposableStack();
    const devices: Device[] = [];
    for (let i = 0; i < 5; i++) devices.push(cleanUp.use(await Device.connect(service, "ada")));
    for (let i = 0; i < 6; i++) {
      await using extra = new Device(service, "ada");
      await extra.open();
      const { code, disconnect } = await extra.closedByServer();
      assert.equal(code, 4504);
      assert.equal(disconnect?.["reconnect"], false);
    }
    assert.equal(await service.metric("bellwire_connected_users"), 1);
    await using _other = await Device.connect(service, "bob");
    assert.equal(await service.metric("bellwire_connected_users"), 2);
    await devices[0]?.drop();
    await service.connections(5);
    await using _successor = await Device.connect(service, "ada");
  });

  await t.step(
    "every seat of the process can be had, on whichever worker, and no more",
    async () => {
      await service.connections(0);
      for (let round = 0; round < 3; round++) {
        await using cleanUp = new AsyncDisposableStack();
        const devices: Device[] = [];
        for (let i = 0; i < 12; i++) {
          devices.push(cleanUp.use(await Device.connect(service, `user-${i}`)));
        }
        assert.equal(await service.metric("bellwire_connected_users"), 12);
        for (let i = 0; i < 6; i++) {
          await using extra = new Device(service, "eve");
          await extra.open();
          const { code, disconnect } = await extra.closedByServer();
          assert.equal(code, 4014);
          assert.equal(disconnect?.["reconnect"], true);
        }
        for (const device of devices) await device.drop();
        await service.connections(0);
      }
    },
  );

  await t.step("places that are fought for are neither given away twice nor lost", async () => {
    for (let round = 0; round < 5; round++) {
      await using cleanUp = new AsyncDisposableStack();
      const devices = await Promise.all(Array.from({ length: 30 }, async (_, i) => {
        const device = cleanUp.use(new Device(service, i % 2 === 0 ? "ada" : "bob"));
        await device.open();
        return device;
      }));
      const fates = await Promise.all(devices.map(fateOf));
      for (const [i, user] of ["ada", "bob"].entries()) {
        const open = fates.filter((code, at) => code === 0 && at % 2 === i).length;
        assert(open <= 5, `${open} of ${user}: ${fates}`);
      }
      for (const code of fates) assert([0, 4504, 4014].includes(code), String(code));
      for (const device of devices) await device.drop();
      await service.connections(0);
      await eventually(
        async () => await service.metric("bellwire_connected_users") === 0,
        "nobody to be connected",
      );
    }
    // All places are there again.
    await using cleanUp = new AsyncDisposableStack();
    for (const user of ["ada", "bob"]) {
      for (let i = 0; i < 5; i++) cleanUp.use(await Device.connect(service, user));
    }
  });
});
