import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { Service } from "../drivers/service.ts";

Deno.test("a connection ends with 4003 when its token does, for live ones too", async () => {
  await using service = await Service.start();
  const wishes = { ttl: 6 };
  await using device = await Device.connect(service, "ada", { wishes });
  await service.published({ to: { user: "ada" }, title: "Hello" });
  await device.reaches(1);
  const { expiresAt } = await device.message("welcome");
  const { code, disconnect } = await device.closedByServer();
  assert.equal(code, 4003);
  assert.deepEqual([disconnect?.code, disconnect?.reconnect], [4003, true]);
  assert(Date.now() >= Date.parse(expiresAt), "too early");
  await service.connections(0);
});

Deno.test("a new token on the live connection keeps it", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada", { wishes: { ttl: 8 } });
  await using witness = await Device.connect(service, "ada", { wishes: { ttl: 9 } });
  await device.send({ type: "refresh", ref: 1, token: await service.token("ada") });
  await device.message(({ type, ref }) => type === "ok" && ref === 1);
  // The witness ends after the device would have.
  assert.equal((await witness.closedByServer()).code, 4003);
  assert(device.isOpen);
  const { deliveries } = await service.published({ to: { user: "ada" }, title: "Hello" });
  await device.reaches(deliveries[0]?.seq ?? NaN);
});

Deno.test("a new token may also end sooner", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  await device.send({ type: "refresh", token: await service.token("ada", { ttl: 5 }) });
  assert.equal((await device.closedByServer()).code, 4003);
});

Deno.test("a new token that is bad, expired or another user's changes nothing", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada", { wishes: { ttl: 10 } });
  const tokens: [token: string, code: string][] = [
    [await service.token("bob"), "forbidden"],
    [await service.token("ada", { ttl: -10 }), "token_expired"],
    [await service.token("ada", { secret: "another secret, 32 bytes or more" }), "unauthorized"],
    ["nonsense", "unauthorized"],
    [service.key, "unauthorized"],
  ];
  for (const [index, [token, code]] of tokens.entries()) {
    await device.send({ type: "refresh", ref: `r${index}`, token });
    const answer = await device.message(({ ref }) => ref === `r${index}`);
    assert.deepEqual([answer.type, answer.code], ["error", code]);
    assert(!JSON.stringify(answer).includes(token));
  }
  await service.published({ to: { user: "bob" }, title: "Not for ada" });
  const { deliveries } = await service.published({ to: { user: "ada" }, title: "For ada" });
  await device.reaches(deliveries[0]?.seq ?? NaN);
  assert.deepEqual(device.items.map(({ title }) => title), ["For ada"]);
  assert.equal((await device.closedByServer()).code, 4003);
});
