import assert from "node:assert/strict";
import { readProblem } from "../drivers/problem.ts";
import { createTestApp } from "../drivers/test_app.ts";
import { idempotencyInProgress, overloaded, ServiceError } from "../../src/errors.ts";

const NOTIFICATION = { to: { user: "ada" }, title: "Build finished" };

Deno.test("a publish is answered with its id and where it went", async () => {
  const { publish, store } = await createTestApp();
  const response = await publish(NOTIFICATION);
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("idempotent-replayed"), null);
  const { id, deliveries } = await response.json();
  assert.equal(id, store.items[0]?.item.id);
  assert.deepEqual(deliveries, [{ stream: "user:ada", seq: 1 }]);
});

Deno.test("what is published is stored with its id, its time and the defaults", async () => {
  const { publish, store } = await createTestApp();
  const before = Date.now();
  await publish({ ...NOTIFICATION, ttl: 60, collapseKey: "build" });
  const item = store.items[0]?.item;
  assert(item);
  const stored = JSON.parse(item.json);
  const publishedAt = Date.parse(stored.publishedAt);
  assert(publishedAt >= before && publishedAt <= Date.now());
  assert.deepEqual(stored, {
    id: item.id,
    title: "Build finished",
    category: "general",
    priority: "normal",
    collapseKey: "build",
    publishedAt: new Date(publishedAt).toISOString(),
    expiresAt: new Date(publishedAt + 60_000).toISOString(),
  });
  assert.equal(item.expiresAt, publishedAt + 60_000);
  assert.equal(item.collapseKey, "build");
  assert.deepEqual(item.bytes, new TextEncoder().encode(item.json));
});

Deno.test("a user who is named twice gets it once", async () => {
  const { publish } = await createTestApp();
  const response = await publish({ ...NOTIFICATION, to: { users: ["ada", "bob", "ada"] } });
  assert.deepEqual((await response.json()).deliveries, [
    { stream: "user:ada", seq: 1 },
    { stream: "user:bob", seq: 1 },
  ]);
});

Deno.test("curl -d publishes without saying that it sends JSON", async () => {
  const { publish } = await createTestApp();
  for (
    const type of [
      "application/x-www-form-urlencoded",
      "application/json; charset=utf-8",
      "Application/JSON",
    ]
  ) {
    assert.equal((await publish(NOTIFICATION, { "content-type": type })).status, 201, type);
  }
});

Deno.test("a body that says it is something else is refused", async () => {
  const { publish } = await createTestApp();
  for (const type of ["text/plain", "multipart/form-data; boundary=x", "application/cborg"]) {
    const response = await publish(NOTIFICATION, { "content-type": type });
    assert.equal(response.status, 415, type);
    assert.equal((await readProblem(response)).code, "unsupported_media_type");
  }
  const compressed = await publish(NOTIFICATION, { "content-encoding": "gzip" });
  assert.equal(compressed.status, 415);
});

Deno.test("a body that is missing, not UTF-8 or not JSON is an invalid request", async () => {
  const { publish, store } = await createTestApp();
  const bodies = ["", "{", "null", '"text"', "[]", new Uint8Array([0x22, 0xff, 0x22])];
  for (const body of bodies) {
    const response = await publish(body);
    assert.equal(response.status, 400, String(body));
    assert.equal((await readProblem(response)).code, "invalid_request");
  }
  assert.equal(store.requests.length, 0);
});

Deno.test("a repeat with the same Idempotency-Key gets the first answer", async () => {
  const { publish, store } = await createTestApp();
  const first = await publish(NOTIFICATION, { "idempotency-key": "build 41" });
  const second = await publish(NOTIFICATION, { "idempotency-key": "build 41" });
  assert.equal(first.headers.get("idempotent-replayed"), null);
  assert.equal(second.headers.get("idempotent-replayed"), "true");
  assert.equal(second.status, 201);
  assert.equal(await second.text(), await first.text());
  assert.equal(store.items.length, 1);
  assert.equal(store.requests[0]?.idempotency?.publisher, "ci");

  const other = await publish({ ...NOTIFICATION, title: "x" }, { "idempotency-key": "build 41" });
  assert.equal(other.status, 422);
  assert.equal((await readProblem(other)).code, "idempotency_conflict");
});

Deno.test("an Idempotency-Key is 1–255 printable ASCII characters", async () => {
  const { publish } = await createTestApp();
  const key = (key: string) => publish(NOTIFICATION, { "idempotency-key": key });
  assert.equal((await key("k".repeat(255))).status, 201);
  for (const bad of ["", "k".repeat(256), "clé"]) {
    const response = await key(bad);
    assert.equal(response.status, 400, bad);
    assert.equal((await readProblem(response)).errors?.[0]?.path, "Idempotency-Key");
  }
});

Deno.test("an overloaded or silent store is a 503 that says when to come back", async () => {
  const { publish, get, store } = await createTestApp();
  store.failure = overloaded(1500);
  const refused = await publish(NOTIFICATION);
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "2");
  assert.equal((await readProblem(refused)).code, "overloaded");

  store.failure = new ServiceError("unavailable", "kv on 10.0.0.1 is gone", { retryAfterMs: 3000 });
  for (const response of [await publish(NOTIFICATION), await get("/v1/inbox", "ada")]) {
    assert.equal(response.status, 503);
    assert.equal(response.headers.get("retry-after"), "3");
    const { code, detail } = await readProblem(response);
    assert.equal(code, "unavailable");
    assert(!detail.includes("10.0.0.1"));
  }

  store.failure = idempotencyInProgress(200);
  const running = await publish(NOTIFICATION, { "idempotency-key": "k" });
  assert.equal(running.status, 409);
  assert.equal(running.headers.get("retry-after"), "1");
  assert.equal((await readProblem(running)).code, "idempotency_in_progress");
});

Deno.test("an unforeseen failure is a 500 that tells nothing, and is logged", async () => {
  const { publish, store, errors } = await createTestApp();
  store.failure = new Error("secret inner life");
  const response = await publish(NOTIFICATION);
  assert.equal(response.status, 500);
  const text = await response.clone().text();
  assert(!text.includes("inner life"));
  assert.equal((await readProblem(response)).code, "internal");
  assert.equal(errors.length, 1);
  assert.equal(errors[0]?.fields?.requestId, response.headers.get("x-request-id"));
  assert.equal(errors[0]?.fields?.error, store.failure);
});
