import assert from "node:assert/strict";
import denoJson from "../../deno.json" with { type: "json" };
import { loadConfig } from "../../src/config/config.ts";
import { ConfigErrors } from "../../src/config/variables.ts";
import { eventually } from "../drivers/deadline.ts";
import { DenokvServer } from "../drivers/denokv_server.ts";
import { Device } from "../drivers/device.ts";
import { findDenokv } from "../drivers/find_programs.ts";
import { Service } from "../drivers/service.ts";

const denokv = findDenokv();
const DEPLOY = { DENO_DEPLOYMENT_ID: "a-deployment-of-the-tests" };
/** What Deno Deploy gives a process between SIGINT and its end. */
const GRACE_MS = 5_000;

/** More than its sockets hold, to a device that does not read. */
async function stall(service: Service, user: string): Promise<void> {
  const data = "x".repeat(16_000);
  await eventually(async () => {
    const sends = Array.from(
      { length: 20 },
      () => service.published({ to: { user }, title: "Large", data }),
    );
    await Promise.all(sends);
    return await service.metric("bellwire_parked_connections") === 1;
  }, "a parked device");
}

Deno.test({
  name: "on Deno Deploy SIGINT ends it in time, though a device is stalled and the KV stands still",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using service = await Service.start({ env: { ...DEPLOY, ...server.environment } });
    await using stalled = await Device.connect(service, "stalled");
    stalled.pause();
    await stall(service, "stalled");
    await using device = await Device.connect(service, "ada");
    server.pause();
    service.signal("SIGINT");
    assert.equal(await service.gone(GRACE_MS), 0);
    const { code, disconnect } = await device.closedByServer();
    assert.deepEqual([code, disconnect?.["reconnect"]], [4001, true]);
  },
});

Deno.test({
  name: "from none to one again: what expired while nobody ran is gone before the first answer",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using service = await Service.start({ env: { ...DEPLOY, ...server.environment } });
    await using device = await Device.connect(service, "ada");
    await service.published({ to: { user: "ada" }, title: "Short", ttl: 1 });
    const expiresAt = Date.now() + 1_000;
    await service.published({ to: { user: "ada" }, title: "Long" });
    service.signal("SIGINT");
    assert.equal(await service.gone(), 0);
    await device.ended;
    await eventually(() => Date.now() > expiresAt, "the expiry");
    await service.restart();
    await device.connect();
    assert.deepEqual(device.items.map(({ title }) => title), ["Long"]);
    await device.equalsInbox();
  },
});

Deno.test("on Deno Deploy a configuration that would be killed before its end is refused", () => {
  const facts = { terminal: false, container: false, deploy: true, cores: 2 };
  const env = { BELLWIRE_JWT_SECRET: "s".repeat(32), BELLWIRE_API_KEYS: "a:0123456789abcdef" };
  const { drainMs, kv } = loadConfig(env, facts);
  assert(drainMs < GRACE_MS);
  assert.deepEqual(kv, { kind: "deploy" });
  assert.throws(() => loadConfig({ ...env, BELLWIRE_DRAIN_SECONDS: "5" }, facts), ConfigErrors);
  assert.throws(() => loadConfig({}, facts), ConfigErrors);
});

Deno.test("what it needs of the runtime is said in deno.json, where Deno Deploy can read it", () => {
  assert.deepEqual(denoJson.unstable, ["kv", "net"]);
  assert.equal(denoJson.exports, "./main.ts");
  for (const { command } of Object.values(denoJson.tasks)) assert(!command.includes("--unstable"));
});
