import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { Issuer, makeKey } from "../drivers/issuer.ts";
import { refuses } from "../drivers/refusal.ts";
import { Service } from "../drivers/service.ts";

Deno.test("a service with an issuer's keys takes its tokens on every way, and puts off what it can't check", async () => {
  await using issuer = new Issuer();
  const [key, fresh] = [await makeKey("ES256", "one"), await makeKey("EdDSA", "new")];
  issuer.keys = [key];
  await using service = await Service.start({
    env: {
      BELLWIRE_JWT_SECRET: "",
      BELLWIRE_JWKS_URL: issuer.url,
      BELLWIRE_JWT_ISSUER: issuer.name,
      BELLWIRE_JWT_AUDIENCE: issuer.audience,
    },
  });
  const inbox = (token: string) =>
    service.fetch("/v1/inbox", { headers: { authorization: `Bearer ${token}` } });

  const token = await issuer.issue("ada", key);
  const answer = await inbox(token);
  assert.equal(answer.status, 200, await answer.text());
  for (const by of ["header", "subprotocol", "hello"] as const) {
    await using device = await Device.connect(service, "ada", { token, by });
    assert(device.isOpen);
  }
  await refuses(await inbox(await service.token("ada")), [401, "unauthorized"]);

  await issuer.goAway();
  await using still = await Device.connect(service, "ada", { token });
  assert(still.isOpen);
  const unknown = await issuer.issue("ada", fresh);
  const putOff = await inbox(unknown);
  assert(Number(putOff.headers.get("retry-after")) > 0);
  await refuses(putOff, [503, "unavailable"]);
  await using early = new Device(service, "ada", { token: unknown });
  await early.open();
  const { code, disconnect } = await early.closedByServer();
  assert.equal(code, 4004);
  assert.equal(disconnect?.["reconnect"], true);
  assert(disconnect?.["retryAfterMs"] > 0);
});
