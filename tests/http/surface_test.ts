import assert from "node:assert/strict";
import { readProblem } from "../drivers/problem.ts";
import { createTestApp } from "../drivers/test_app.ts";
import { describedRoutes } from "../../src/http/openapi.ts";

const NOTIFICATION = { to: { user: "ada" }, title: "Build finished" };

const ADDRESSES: Record<string, string> = {
  "/v1/notifications": "POST, OPTIONS",
  "/v1/inbox": "GET, HEAD, OPTIONS",
  "/v1/inbox/counts": "GET, HEAD, OPTIONS",
  "/v1/revocations": "POST, OPTIONS",
  "/v1/tickets": "POST, OPTIONS",
  "/v1/stream": "GET, HEAD, OPTIONS",
  "/live": "GET, HEAD, OPTIONS",
  "/ready": "GET, HEAD, OPTIONS",
  "/metrics": "GET, HEAD, OPTIONS",
  "/openapi.json": "GET, HEAD, OPTIONS",
};

Deno.test("every answer carries another X-Request-Id", async () => {
  const { app, publish, get } = await createTestApp();
  const answers = [
    await publish(NOTIFICATION),
    await publish("{"),
    await get("/v1/inbox", "ada"),
    await app.request("/v1/inbox"),
    await app.request("/nowhere"),
    await app.request("/live", { method: "POST" }),
    await app.request("/live", { method: "HEAD" }),
    await app.request("/live", { method: "OPTIONS" }),
    await app.request("/v1/stream"),
    await app.request("/openapi.json"),
    await app.request("/metrics", { headers: { "x-request-id": "mine" } }),
  ];
  const ids = answers.map((answer) => answer.headers.get("x-request-id"));
  assert(ids.every((id) => id !== null && /^[0-9a-f]{12}-[0-9a-z]+$/.test(id)));
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("an unknown address is a 404 problem", async () => {
  const { app } = await createTestApp();
  for (const path of ["/nowhere", "/v1", "/v1/notifications/", "/v1/inbox/x", "/%2e%2e/etc"]) {
    const response = await app.request(path);
    assert.equal(response.status, 404, path);
    assert.equal((await readProblem(response)).code, "not_found");
  }
});

Deno.test("a wrong method is a 405 problem that says which are right", async () => {
  const { app } = await createTestApp();
  for (const [path, allow] of Object.entries(ADDRESSES)) {
    for (const method of ["DELETE", "PUT", "PATCH", "PROPFIND"]) {
      const response = await app.request(path, { method });
      assert.equal(response.status, 405, `${method} ${path}`);
      assert.equal(response.headers.get("allow"), allow);
      assert.equal((await readProblem(response)).code, "method_not_allowed");
    }
    const options = await app.request(path, { method: "OPTIONS" });
    assert.equal(options.status, 204);
    assert.equal(options.headers.get("allow"), allow);
  }
});

Deno.test("HEAD answers like GET without a body", async () => {
  const { app } = await createTestApp();
  const response = await app.request("/live", { method: "HEAD" });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(await response.text(), "");
});

Deno.test("liveness, readiness and metrics are there for anyone", async () => {
  let ready: { ok: boolean; reason?: string } | Error = { ok: true };
  const { app } = await createTestApp({
    ready: () => ready instanceof Error ? Promise.reject(ready) : Promise.resolve(ready),
  });
  assert.equal((await app.request("/live")).status, 200);
  assert.equal((await app.request("/ready")).status, 200);

  ready = { ok: false, reason: "draining" };
  const draining = await app.request("/ready");
  assert.equal(draining.status, 503);
  assert.equal(draining.headers.get("retry-after"), "1");
  assert.equal((await readProblem(draining)).detail, "draining");

  ready = new Error("inner life");
  const failed = await app.request("/ready");
  assert.equal(failed.status, 503);
  assert(!(await failed.text()).includes("inner life"));

  const metrics = await app.request("/metrics");
  assert.equal(metrics.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(await metrics.text(), "bellwire_test 1\n");
});

Deno.test("a stream is opened with the request itself and what is known of the connection", async () => {
  const opened: [Request, Partial<Deno.ServeHandlerInfo>][] = [];
  const { app } = await createTestApp({
    stream(request, info) {
      opened.push([request, info]);
      return new Response("a stream");
    },
  });
  const request = new Request("http://bell.example/v1/stream");
  const remoteAddr = { transport: "tcp" as const, hostname: "127.0.0.1", port: 1 };
  const response = await app.fetch(request, { remoteAddr });
  assert.equal(await response.text(), "a stream");
  assert.equal(opened[0]?.[0], request);
  assert.equal(opened[0]?.[1].remoteAddr, remoteAddr);
  await app.fetch(new Request("http://bell.example/v1/stream"));
  assert.deepEqual(opened[1]?.[1], {});
});

Deno.test("each answer is reported with its route and status", async () => {
  const answers: string[] = [];
  const { app, publish } = await createTestApp({
    observe: ({ method, route, status, seconds }) => {
      assert(seconds >= 0);
      answers.push(`${method} ${route} ${status}`);
    },
  });
  await publish(NOTIFICATION);
  await publish("{");
  await app.request("/nowhere/at/all");
  await app.request("/live", { method: "BREW" });
  assert.deepEqual(answers, [
    "POST /v1/notifications 201",
    "POST /v1/notifications 400",
    "GET /* 404",
    "other /live 405",
  ]);
});

Deno.test("an answer is reported for the route that gave it, whatever else its address matches", async () => {
  const answers: string[] = [];
  const { app, key } = await createTestApp({
    observe: ({ method, route, status }) => answers.push(`${method} ${route} ${status}`),
    publisherQuota: { limit: 5, windowMs: 60_000 },
    allowedOrigins: "*",
  });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const batch = "/v1/notifications/batch";
  const body = JSON.stringify({ notifications: [NOTIFICATION] });
  await app.request(batch, { method: "POST", headers, body });
  await app.request(batch, { method: "POST", headers, body: "{" });
  await app.request(batch, { method: "GET", headers });
  await app.request("/v1/notifications/no-id", { headers });
  await app.request("/v1/notifications/no-id", { method: "PUT", headers });
  // From here on the quota answers.
  await app.request(batch, { method: "POST", headers, body });
  await app.request("/v1/users/ada", { method: "DELETE", headers });
  await app.request(batch, { method: "OPTIONS", headers: preflight("POST") });
  await app.request("/v1/nowhere", { method: "OPTIONS", headers: preflight("POST") });
  assert.deepEqual(answers, [
    "POST /v1/notifications/batch 200",
    "POST /v1/notifications/batch 400",
    "GET /v1/notifications/batch 405",
    "GET /v1/notifications/:id 404",
    "PUT /v1/notifications/:id 405",
    "POST /v1/notifications/batch 429",
    "DELETE /v1/users/:user 429",
    "OPTIONS /v1/notifications/batch 204",
    "OPTIONS /* 204",
  ]);
});

Deno.test("each described route is reported under its own name", async () => {
  const answers: string[] = [];
  const { app } = await createTestApp({
    observe: ({ method, route }) => answers.push(`${method} ${route}`),
  });
  const routes = describedRoutes(app);
  for (const { method, path } of routes) {
    await (await app.request(path.replace(/:\w+/g, "x"), { method })).body?.cancel();
  }
  assert.deepEqual(answers, routes.map(({ method, path }) => `${method} ${path}`));
  assert(answers.length >= 20);
});

function preflight(method: string): Record<string, string> {
  return { origin: "https://app.example", "access-control-request-method": method };
}

Deno.test("an upgrade to a WebSocket goes through as the stream made it", async () => {
  const { app } = await createTestApp({
    allowedOrigins: "*",
    stream(request) {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onopen = () => socket.send("hello");
      return response;
    },
  });
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request, info) => app.fetch(request, info),
  );
  try {
    const socket = new WebSocket(`ws://127.0.0.1:${server.addr.port}/v1/stream`);
    const closed = Promise.withResolvers<void>();
    const heard = Promise.withResolvers<string>();
    socket.onmessage = ({ data }) => heard.resolve(data);
    socket.onerror = () => heard.reject(new Error("The upgrade failed"));
    socket.onclose = () => closed.resolve();
    assert.equal(await heard.promise, "hello");
    socket.close();
    await closed.promise;
  } finally {
    await server.shutdown();
  }
});
