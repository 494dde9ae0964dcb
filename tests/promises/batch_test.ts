import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { call, inMs, publishBatch, statusOf } from "../drivers/publisher_calls.ts";
import { Service } from "../drivers/service.ts";

const JSON_TYPE = { "content-type": "application/json" };

const titles = async (service: Service, user: string) =>
  (await service.inbox(user)).map(({ title }) => title).reverse();

Deno.test("a batch publishes each entry, and tells of each in its place what became of it", async () => {
  await using service = await Service.start();
  const { results } = await publishBatch(service, [
    { to: { user: "ada" }, title: "One" },
    { to: { user: "ada" } },
    { to: { user: "bob" }, title: "Two", sendAt: inMs(3_600_000) },
    7,
    { to: { user: "ada" }, title: "Past", expiresAt: "2020-01-01T00:00:00Z" },
    { to: { users: ["ada", "bob"] }, title: "Three" },
    {
      to: { user: "ada" },
      title: "Large",
      body: "€".repeat(4_000),
      url: `/${"€".repeat(3_999)}`,
      icon: "€".repeat(4_000),
      image: "€".repeat(4_000),
      data: "x".repeat(16_000),
    },
    { to: { topic: "news" }, title: "Four" },
  ]);
  assert.deepEqual(results.map(({ status }) => status), [201, 400, 202, 400, 400, 201, 413, 201]);
  assert.deepEqual(results.map(({ error }) => error?.errors?.[0]?.path), [
    undefined,
    "title",
    undefined,
    "",
    "expiresAt",
    undefined,
    undefined,
    undefined,
  ]);
  assert.equal(results[6]?.error?.code, "payload_too_large");
  assert.deepEqual(await titles(service, "ada"), ["One", "Three"]);
  assert.deepEqual(await titles(service, "bob"), ["Three"]);
  for (const { id, error } of results) {
    assert((id === undefined) !== (error === undefined));
    if (id !== undefined) {
      const { state } = await statusOf(service, id);
      assert(["sent", "scheduled"].includes(state));
    }
  }
});

Deno.test("a recipient of several gets them in the order of the batch", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "user-0");
  const users = Array.from({ length: 30 }, (_, i) => `user-${i}`);
  const batch = Array.from({ length: 100 }, (_, i) => ({
    to: i % 7 === 3 ? { users: i % 2 ? users : users.toReversed() } : { user: "user-0" },
    title: String(i),
  }));
  const { results } = await publishBatch(service, batch);
  await device.reaches(100);
  assert.deepEqual(device.notified.map(({ id }) => id), results.map(({ id }) => id));
  const many = batch.filter(({ to }) => "users" in to).map(({ title }) => title);
  for (const user of users.slice(1)) assert.deepEqual(await titles(service, user), many);
});

Deno.test("a repeated batch gets the same results and publishes nothing; another body is refused", async () => {
  await using service = await Service.start();
  const batch = [
    { to: { user: "ada" }, title: "One" },
    { to: { user: "ada" }, title: "" },
    { to: { users: Array.from({ length: 20 }, (_, i) => `user-${i}`) }, title: "Two" },
    { to: { user: "ada" }, title: "Short", ttl: 1 },
    { to: { user: "ada" }, title: "Later", sendAt: inMs(3_600_000) },
  ];
  const headers = { "idempotency-key": "k" };
  const first = await publishBatch(service, batch, headers);
  assert.equal(first.replayed, false);
  assert.deepEqual(first.results.map(({ status }) => status), [201, 400, 201, 201, 202]);
  await service.kill();
  await service.restart();
  const second = await publishBatch(service, batch, headers);
  assert.deepEqual(second, { results: first.results, replayed: true });
  assert.deepEqual(await titles(service, "user-1"), ["Two"]);
  const body = JSON.stringify({ notifications: batch.slice(1) });
  const other = await call(service, "/v1/notifications/batch", {
    method: "POST",
    body,
    headers: { ...JSON_TYPE, ...headers },
  });
  assert.equal(other.status, 422, await other.text());
});

Deno.test("what is no batch is refused as a whole", async () => {
  await using service = await Service.start();
  const fine = { to: { user: "ada" }, title: "x" };
  const bodies: [status: number, body: unknown][] = [
    [400, [fine]],
    [400, {}],
    [400, { notifications: [] }],
    [400, { notifications: fine }],
    [400, { notifications: Array.from({ length: 101 }, () => fine) }],
    [400, { notifications: [fine], extra: 1 }],
    [413, { notifications: [{ ...fine, data: "x".repeat(1_100_000) }] }],
  ];
  for (const [status, body] of bodies) {
    const answer = await call(service, "/v1/notifications/batch", {
      method: "POST",
      body: JSON.stringify(body),
      headers: JSON_TYPE,
    });
    assert.equal(answer.status, status, await answer.text());
  }
  const unauthorized = await service.fetch("/v1/notifications/batch", { method: "POST" });
  assert.equal(unauthorized.status, 401, await unauthorized.text());
  const got = await call(service, "/v1/notifications/batch");
  assert.equal(got.status, 405, await got.text());
  assert.deepEqual(await service.inbox("ada"), []);
});

Deno.test("several notifications to a thousand users each fit into one call", async () => {
  await using service = await Service.start();
  const users = Array.from({ length: 1_000 }, (_, i) => `u${i}`);
  const batch = ["One", "Two", "Three"].map((title) => ({ to: { users }, title }));
  const { results } = await publishBatch(service, batch);
  assert.deepEqual(results.map(({ status }) => status), [201, 201, 201]);
  for (const user of ["u0", "u500", "u999"]) {
    assert.deepEqual(await titles(service, user), ["One", "Two", "Three"]);
  }
});
