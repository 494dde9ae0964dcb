import assert from "node:assert/strict";
import { eventually, within } from "../drivers/deadline.ts";
import { Device } from "../drivers/device.ts";
import { findNginx } from "../drivers/find_programs.ts";
import { Nginx } from "../drivers/nginx.ts";
import { ProxiedService } from "../drivers/proxied_service.ts";
import { Service } from "../drivers/service.ts";
import { acceptsOwnOriginOnly, hidesMetrics } from "./proxy_rules.ts";

const nginx = findNginx();

/** A service behind nginx with the configuration of `deploy/`. */
async function startAll(cleanUp: AsyncDisposableStack) {
  const service = cleanUp.use(await Service.start());
  const proxy = cleanUp.use(await Nginx.start(nginx as string, [service.url]));
  return { service, front: cleanUp.use(new ProxiedService(proxy, service)) };
}

Deno.test({
  name: "through the real nginx devices connect by WebSocket, and get what is published through it",
  ignore: nginx === undefined,
  async fn() {
    await using cleanUp = new AsyncDisposableStack();
    const { front } = await startAll(cleanUp);
    for (const by of ["header", "subprotocol", "hello"] as const) {
      await using device = await Device.connect(front, by, { by });
      await front.published({ to: { user: by }, title: "Hello" });
      await device.reaches(1);
      await device.drop();
      await front.published({ to: { user: by }, title: "Missed" });
      await device.connect();
      await device.reaches(2);
      await device.equalsInbox();
    }
    // More than nginx takes unless it is told to.
    const users = Array.from({ length: 1_000 }, (_, i) => `user-${i}-${"x".repeat(100)}`);
    const { deliveries } = await front.published({ to: { users }, title: "To many" });
    assert.equal(deliveries.length, users.length);
    const notifications = Array.from({ length: 100 }, () => ({
      to: { user: "ada" },
      title: "Large",
      data: "x".repeat(11_000),
    }));
    const tooLarge = await front.fetch("/v1/notifications/batch", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ notifications }),
    });
    assert.equal(tooLarge.headers.get("content-type"), "application/problem+json");
    await tooLarge.body?.cancel();
  },
});

Deno.test({
  name: "nginx holds no server-sent event back, over HTTP/1.1 and over HTTP/2",
  ignore: nginx === undefined,
  async fn() {
    await using cleanUp = new AsyncDisposableStack();
    const { front } = await startAll(cleanUp);
    for (const http2 of [false, true]) {
      using client = Deno.createHttpClient({ caCerts: [front.caCert], http1: !http2, http2 });
      const user = http2 ? "ada" : "bob";
      const stop = new AbortController();
      const answer = await within(
        fetch(`${front.url}/v1/stream`, {
          client,
          signal: stop.signal,
          headers: {
            accept: "text/event-stream",
            authorization: `Bearer ${await front.token(user)}`,
          },
        }),
        "the stream's head",
      );
      assert.equal(answer.status, 200);
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
      assert(reader !== undefined);
      let text = "";
      for (const title of ["The first one", "The second one"]) {
        await front.published({ to: { user }, title });
        while (!text.includes(title)) {
          const { value } = await within(reader.read(), () => `${title}\n${text}`);
          assert(value !== undefined, text);
          text += value;
        }
      }
      stop.abort();
      await reader.read().catch(() => {});
    }
  },
});

Deno.test({
  name:
    "through nginx a page's own origin is the one its browser sees, and nobody sees the metrics",
  ignore: nginx === undefined,
  async fn() {
    await using cleanUp = new AsyncDisposableStack();
    const { service, front } = await startAll(cleanUp);
    await acceptsOwnOriginOnly(front);
    await hidesMetrics(front, service);
  },
});

Deno.test({
  name: "nginx tells who asked, and does not pass on what the caller says about that",
  ignore: nginx === undefined,
  async fn() {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      ({ headers }) => Response.json(Object.fromEntries(headers)),
    );
    await using proxy = await Nginx.start(nginx as string, [
      `http://127.0.0.1:${server.addr.port}`,
    ]);
    using client = Deno.createHttpClient({ caCerts: [proxy.caCert], poolMaxIdlePerHost: 0 });
    const answer = await fetch(`${proxy.url}/anything`, {
      client,
      headers: {
        "x-forwarded-for": "192.0.2.1",
        "x-forwarded-proto": "gopher",
        "x-forwarded-host": "evil.example",
        "forwarded": "for=192.0.2.1",
      },
    });
    const headers = await answer.json();
    const { host } = new URL(proxy.url);
    assert.equal(headers["x-forwarded-for"], "127.0.0.1");
    assert.equal(headers["x-forwarded-proto"], "https");
    assert.deepEqual([headers["host"], headers["x-forwarded-host"]], [host, host]);
    assert.equal(headers["forwarded"], undefined);
  },
});

Deno.test({
  name: "of two instances behind nginx one may be gone, and calls go to the other",
  ignore: nginx === undefined,
  async fn() {
    await using cleanUp = new AsyncDisposableStack();
    const left = cleanUp.use(await Service.start());
    const right = cleanUp.use(await Service.start());
    const proxy = cleanUp.use(await Nginx.start(nginx as string, [left.url, right.url]));
    const front = cleanUp.use(new ProxiedService(proxy, right));
    assert.equal(await left.stop(), 0);
    for (let i = 0; i < 10; i++) await front.published({ to: { user: "ada" }, title: "Hello" });
    await left.restart();
    await eventually(async () => {
      await front.published({ to: { user: "ada" }, title: "Hello" });
      return (await left.inbox("ada")).length > 0;
    }, "a call to the one that is back");
  },
});
