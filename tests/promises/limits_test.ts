import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { RawSocket } from "../drivers/raw_socket.ts";
import { Service } from "../drivers/service.ts";

Deno.test("a user has so many connections at most; one more is closed with 4504", async () => {
  await using service = await Service.start({ env: { BELLWIRE_MAX_CONNECTIONS_PER_USER: "3" } });
  await using cleanUp = new AsyncDisposableStack();
  const devices: Device[] = [];
  for (let i = 0; i < 3; i++) devices.push(cleanUp.use(await Device.connect(service, "ada")));
  await using extra = new Device(service, "ada");
  await extra.open();
  const { code, disconnect } = await extra.closedByServer();
  assert.equal(code, 4504);
  assert.deepEqual([disconnect?.code, disconnect?.reconnect], [4504, false]);
  assert.equal(extra.messages.length, 1, "it was told something before");
  // Others are not concerned, and neither are those that are there.
  await using other = await Device.connect(service, "bob");
  await service.published({ to: { users: ["ada", "bob"] }, title: "Hello" });
  await Promise.all([...devices, other].map((device) => device.reaches(1)));
  await devices[0]?.drop();
  await service.connections(3);
  await using successor = await Device.connect(service, "ada");
  await successor.equalsInbox();
});

Deno.test("a process has so many connections at most; one more is closed with 4014", async () => {
  await using service = await Service.start({ env: { BELLWIRE_MAX_CONNECTIONS: "3" } });
  await using ada = await Device.connect(service, "ada");
  await using _bob = await Device.connect(service, "bob");
  // One that has not said hello takes a place too.
  await using silent = await RawSocket.open(service.streamUrl);
  await service.connections(3);
  await using extra = new Device(service, "eve");
  await extra.open();
  const { code, disconnect } = await extra.closedByServer();
  assert.equal(code, 4014);
  assert.deepEqual([disconnect?.code, disconnect?.reconnect], [4014, true]);
  assert(disconnect?.retryAfterMs > 0);
  await service.published({ to: { user: "ada" }, title: "Hello" });
  await ada.reaches(1);
  await silent.close();
  await service.connections(2);
  await extra.connect();
});

Deno.test("places that are fought for are never given away twice, nor lost", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_MAX_CONNECTIONS_PER_USER: "5", BELLWIRE_MAX_CONNECTIONS: "12" },
  });
  for (let round = 0; round < 10; round++) {
    await using cleanUp = new AsyncDisposableStack();
    const devices = await Promise.all(Array.from({ length: 30 }, async (_, i) => {
      const device = cleanUp.use(new Device(service, i % 2 === 0 ? "ada" : "bob"));
      await device.open();
      return device;
    }));
    const fates = await Promise.all(devices.map((device) =>
      Promise.race([
        device.message("reset").then(() => 0, async () => (await device.ended).code),
        device.ended.then(({ code }) => code),
      ])
    ));
    const open = fates.filter((code) => code === 0).length;
    assert(open >= 5 && open <= 10, `${open} of ${fates}`);
    assert(fates.every((code) => [0, 4504, 4014].includes(code)), String(fates));
    await service.connections(open);
    await Promise.all(devices.map((device) => device.drop()));
    await service.connections(0);
  }
});

Deno.test("thousands of connections may come and go, and none is left behind", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_MAX_CONNECTIONS_PER_USER: "1000" },
  });
  for (let round = 0; round < 5; round++) {
    await using cleanUp = new AsyncDisposableStack();
    const devices = await Promise.all(Array.from({ length: 200 }, async (_, i) => {
      return cleanUp.use(await Device.connect(service, `user-${i % 20}`));
    }));
    await service.connections(200);
    assert.equal(await service.metric("bellwire_connected_users"), 20);
    await Promise.all(devices.map((device, i) => i % 2 === 0 ? device.drop() : device.close()));
    await service.connections(0);
    assert.equal(await service.metric("bellwire_connected_users"), 0);
  }
});
