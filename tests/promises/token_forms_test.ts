import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { RawSocket } from "../drivers/raw_socket.ts";
import { refuses } from "../drivers/refusal.ts";
import { Service } from "../drivers/service.ts";

Deno.test("a token of 16 KiB is taken by every way it can come, and a longer one is told so", async () => {
  await using service = await Service.start();
  const short = await service.token("ada", { claims: { groups: "" } });
  // Three bytes are four characters of base64.
  const fill = (length: number) => "x".repeat(Math.floor((length - short.length) * 3 / 4) - 3);
  const long = await service.token("ada", { claims: { groups: fill(16_384) } });
  assert(long.length > 16_000 && long.length <= 16_384, `${long.length}`);
  for (const by of ["header", "subprotocol", "hello"] as const) {
    await using device = await Device.connect(service, "ada", { token: long, by });
    assert(device.isOpen);
  }
  const tooLong = await service.token("ada", { claims: { groups: fill(16_500) } });
  const headers = { authorization: `Bearer ${tooLong}` };
  const { detail } = await refuses(await service.fetch("/v1/inbox", { headers }), [
    401,
    "unauthorized",
  ]);
  assert.match(detail, /more than 16,384 characters/);
  await using socket = await RawSocket.open(service.streamUrl);
  await socket.send({ type: "hello", token: tooLong });
  const { code, disconnect } = await socket.closedByServer();
  assert.equal(code, 4500);
  assert.match(String(disconnect?.["reason"]), /more than 16,384 characters/);
});

Deno.test("the user's id is in the claim that is configured", async () => {
  await using service = await Service.start({ env: { BELLWIRE_USER_CLAIM: "user_id" } });
  const token = await service.token("auth0|x", { claims: { user_id: 42 } });
  await using device = await Device.connect(service, "42", { token });
  await service.published({ to: { user: "42" }, title: "Hello" });
  await device.until(() => device.items.length === 1, "the notification");
  const headers = { authorization: `Bearer ${await service.token("42")}` };
  const { detail } = await refuses(await service.fetch("/v1/inbox", { headers }), [
    401,
    "unauthorized",
  ]);
  assert.match(detail, /no `user_id`/);
});

Deno.test("tokens signed with HS512 and a secret of 64 bytes open a socket", async () => {
  const secret = "0123456789abcdef".repeat(4);
  await using service = await Service.start({ env: { BELLWIRE_JWT_SECRET: secret } });
  const token = await service.token("ada", { secret, algorithm: "HS512" });
  await using device = await Device.connect(service, "ada", { token });
  assert(device.isOpen);
});

Deno.test("a pattern for all topics does not reach everyone; its name does", async () => {
  await using service = await Service.start();
  const asks = async (publish: readonly string[]) => {
    const wishes = { claims: { topics: ["*"], publish } };
    await using device = await Device.connect(service, "ada", { wishes });
    return await device.request({ type: "publish", topic: "everyone", title: "Hello" });
  };
  for (const publish of [["*"], ["topic:*"], ["topic:e*", "topic:every*"]]) {
    assert.equal((await asks(publish))["code"], "forbidden");
  }
  assert.equal((await asks(["topic:*", "topic:everyone"]))["type"], "ok");
});
