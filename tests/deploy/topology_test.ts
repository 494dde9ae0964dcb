import assert from "node:assert/strict";
import { eventually, within } from "../drivers/deadline.ts";
import { DenokvServer } from "../drivers/denokv_server.ts";
import { Device } from "../drivers/device.ts";
import { findDenokv } from "../drivers/find_programs.ts";
import { startFrontProxy } from "../drivers/front_proxy.ts";
import { ProxiedService } from "../drivers/proxied_service.ts";
import type { Service } from "../drivers/service.ts";
import { Together } from "../drivers/together.ts";
import { acceptsOwnOriginOnly, hidesMetrics } from "./proxy_rules.ts";

const denokv = findDenokv();

/** What `compose.yaml` starts, without containers. */
async function startAll(cleanUp: AsyncDisposableStack) {
  const server = cleanUp.use(await DenokvServer.start(denokv as string));
  const together = cleanUp.use(await Together.start(server, 2));
  const proxy = cleanUp.use(await startFrontProxy(together.instances.map(({ url }) => url)));
  const [left, right] = together.instances as [Service, Service];
  return { left, right, front: cleanUp.use(new ProxiedService(proxy, left)) };
}

/** Connects as a client does: again and again, while the proxy still believes in who is gone. */
async function comeBack(device: Device): Promise<void> {
  await eventually(async () => {
    try {
      await device.connect();
      return true;
    } catch {
      return false;
    }
  }, "a connection through the proxy");
}

Deno.test({
  name: "two devices behind the proxy are on two instances, and one outlives the other's end",
  ignore: denokv === undefined,
  async fn() {
    await using cleanUp = new AsyncDisposableStack();
    const { left, right, front } = await startAll(cleanUp);
    const devices = [
      cleanUp.use(await Device.connect(front, "ada")),
      cleanUp.use(await Device.connect(front, "ada")),
    ];
    await left.connections(1);
    await right.connections(1);

    for (let seq = 1; seq <= 10; seq++) {
      const { deliveries } = await front.published({ to: { user: "ada" }, title: `Calm ${seq}` });
      assert.deepEqual(deliveries, [{ stream: "user:ada", seq }]);
    }
    await Promise.all(devices.map((device) => device.reaches(10)));

    await left.kill();
    for (let i = 0; i < 4; i++) {
      const answer = await front.fetch("/v1/notifications", { method: "POST", body: "{}" });
      // The one that lives asks for a key; 503 would say that it was taken out with the other.
      const text = await answer.text();
      assert([401, 502].includes(answer.status), text);
      const live = await front.fetch("/live");
      assert.equal(live.status, 200, await live.text());
    }
    const [moved] = await within(
      Promise.race(devices.map((device) => device.ended.then(() => [device] as const))),
      "the end of one connection",
    );
    const stayed = devices.find((device) => device !== moved) ?? assert.fail();
    const { deliveries } = await front.published({ to: { user: "ada" }, title: "Meanwhile" });
    assert.deepEqual(deliveries, [{ stream: "user:ada", seq: 11 }]);
    await stayed.reaches(11);
    await comeBack(moved);
    await right.connections(2);
    await front.published({ to: { user: "ada" }, title: "Together" });
    for (const device of devices) {
      await device.reaches(12);
      assert.deepEqual(
        device.notified.map(({ seq }) => seq),
        Array.from({ length: 12 }, (_, i) => i + 1),
      );
      await device.equalsInbox();
    }
  },
});

Deno.test({
  name: "through the proxy a page's own origin is the one its browser sees, whatever it claims",
  ignore: denokv === undefined,
  async fn() {
    await using cleanUp = new AsyncDisposableStack();
    const { front } = await startAll(cleanUp);
    await acceptsOwnOriginOnly(front);
  },
});

Deno.test({
  name: "through the proxy nobody sees the metrics, however the path is written",
  ignore: denokv === undefined,
  async fn() {
    await using cleanUp = new AsyncDisposableStack();
    const { left, front } = await startAll(cleanUp);
    await hidesMetrics(front, left);
    const live = await front.fetch("/live");
    assert.equal(live.status, 200, await live.text());
  },
});

Deno.test("the proxy tells who asked, and does not pass on what the caller says about that", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ headers }) => Response.json(Object.fromEntries(headers)),
  );
  await using proxy = await startFrontProxy([`http://127.0.0.1:${server.addr.port}`]);
  using client = Deno.createHttpClient({ caCerts: [proxy.caCert], poolMaxIdlePerHost: 0 });
  const answer = await fetch(`${proxy.url}/anything`, {
    client,
    headers: {
      "x-forwarded-for": "192.0.2.1",
      "x-forwarded-proto": "gopher",
      "x-forwarded-host": "evil.example",
    },
  });
  const headers = await answer.json();
  assert.match(headers["x-forwarded-for"], /^(127\.0\.0\.1|::1)$/, proxy.name);
  assert.equal(headers["x-forwarded-proto"], "https");
  const { host } = new URL(proxy.url);
  assert.deepEqual([headers["host"], headers["x-forwarded-host"]], [host, host]);
});
