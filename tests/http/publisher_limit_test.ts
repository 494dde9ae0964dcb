import { Hono } from "hono";
import assert from "node:assert/strict";
import { createPublisherKeys } from "../../src/auth/publisher_keys.ts";
import { publisherLimit } from "../../src/http/publisher_limit.ts";
import type { AppEnv } from "../../src/http/middleware.ts";
import type { Quota } from "../../src/limits/rate_limit.ts";
import { readProblem } from "../drivers/problem.ts";
import { createTestApp } from "../drivers/test_app.ts";

const NOTIFICATION = { to: { user: "ada" }, title: "Build finished" };

async function create() {
  let now = 0;
  const { app, store, token } = await createTestApp({
    keys: createPublisherKeys([
      { name: "ci", secret: "ci-1" },
      { name: "ci", secret: "ci-2" },
      { name: "shop", secret: "shop-1" },
    ]),
    publisherQuota: { limit: 3, windowMs: 60_000 },
    monotonic: () => now,
    allowedOrigins: ["https://app.example"],
  });
  const call = async (bearer: string, path = "/v1/notifications") =>
    await app.request(path, {
      headers: {
        authorization: `Bearer ${bearer}`,
        "content-type": "application/json",
        origin: "https://app.example",
      },
      ...(path === "/v1/notifications"
        ? { method: "POST", body: JSON.stringify(NOTIFICATION) }
        : {}),
    });
  return { call, store, token, wait: (ms: number) => now += ms };
}

Deno.test("every answer to a publisher tells the policy and how it stands", async () => {
  const { call, wait } = await create();
  const standings = [];
  for (let i = 0; i < 3; i++) {
    const answer = await call("ci-1");
    assert.equal(answer.status, 201);
    assert.equal(answer.headers.get("ratelimit-policy"), '"publisher";q=3;w=60');
    standings.push(answer.headers.get("ratelimit"));
    wait(1_000);
  }
  assert.deepEqual(standings, [
    '"publisher";r=2;t=20',
    '"publisher";r=1;t=39',
    '"publisher";r=0;t=58',
  ]);
});

Deno.test("a publisher above its quota is refused with 429 and told when to come back", async () => {
  const { call, store, wait } = await create();
  for (let i = 0; i < 3; i++) await call("ci-1");
  const before = store.requests.length;
  const refused = await call("ci-1");
  assert.equal(refused.status, 429);
  assert.equal((await readProblem(refused.clone())).code, "rate_limited");
  assert.equal(refused.headers.get("retry-after"), "20");
  assert.equal(refused.headers.get("ratelimit"), '"publisher";r=0;t=60');
  assert.equal(refused.headers.get("ratelimit-policy"), '"publisher";q=3;w=60');
  assert.notEqual(refused.headers.get("x-request-id"), null);
  // A page can read it, and the header fields with it.
  assert.equal(refused.headers.get("access-control-allow-origin"), "https://app.example");
  assert.equal(store.requests.length, before);

  wait(19_999);
  assert.equal((await call("ci-1")).status, 429);
  wait(1);
  assert.equal((await call("ci-1")).status, 201);
  assert.equal((await call("ci-1")).status, 429);
});

Deno.test("keys of one publisher share its quota, another publisher has its own, whatever is called", async () => {
  const { call } = await create();
  await call("ci-1");
  await call("ci-2");
  await call("ci-1", "/v1/users/ada/presence");
  assert.equal((await call("ci-2", "/v1/users/ada/presence")).status, 429);
  assert.equal((await call("shop-1")).status, 201);
});

Deno.test("who is no publisher has no part in it", async () => {
  const { call, token } = await create();
  const user = await token("ada");
  for (let i = 0; i < 5; i++) {
    const answer = await call(user, "/v1/inbox");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("ratelimit"), null);
    assert.equal((await call("not-a-key")).status, 401);
  }
  assert.equal((await call("ci-1")).headers.get("ratelimit"), '"publisher";r=2;t=20');
});

Deno.test("without a quota nothing is limited and nothing is told", async () => {
  const { publish } = await createTestApp();
  for (let i = 0; i < 20; i++) {
    const answer = await publish(NOTIFICATION);
    assert.equal(answer.status, 201);
    assert.equal(answer.headers.get("ratelimit-policy"), null);
  }
});

Deno.test("another quota counts from then on, and one that is taken away limits nobody", async () => {
  const key = "a-key";
  let quota: Quota | undefined = { limit: 1, windowMs: 60_000 };
  const limit = publisherLimit({
    keys: createPublisherKeys([{ name: "ci", secret: key }]),
    quota: () => quota,
    monotonic: () => 0,
  });
  const limited = new Hono<AppEnv>().use(limit).get(
    "*",
    (c) => c.text("done"),
  );
  const call = async () => {
    const answer = await limited.request("/", { headers: { authorization: `Bearer ${key}` } });
    return [answer.status, answer.headers.get("ratelimit-policy")];
  };
  assert.deepEqual(await call(), [200, '"publisher";q=1;w=60']);
  assert.deepEqual(await call(), [429, '"publisher";q=1;w=60']);
  quota = { limit: 2, windowMs: 60_000 };
  assert.deepEqual(await call(), [200, '"publisher";q=2;w=60']);
  quota = undefined;
  for (let i = 0; i < 3; i++) assert.deepEqual(await call(), [200, null]);
});

Deno.test("a call that takes the work of many counts as many against those after it", async () => {
  let now = 0;
  const { publish } = await createTestApp({
    publisherQuota: { limit: 1_000, windowMs: 60_000 },
    monotonic: () => now,
  });
  const left = (answer: Response) =>
    Number(/r=(\d+)/.exec(answer.headers.get("ratelimit") ?? "")?.[1]);
  const users = Array.from({ length: 1_000 }, (_, i) => `user${i}`);
  assert.equal(left(await publish(NOTIFICATION)), 999);
  const many = await publish({ to: { users }, title: "For many" });
  assert.equal(many.status, 201);
  assert.equal(left(many), 899);
  const data = "x".repeat(15_000);
  const large = await publish({ to: { users }, title: "Large", data });
  assert.equal(large.status, 201);
  assert.equal(left(large), 0);
  assert.equal((await publish(NOTIFICATION)).status, 429);
  // It owes no more than another quota.
  now += 60_100;
  assert.equal((await publish(NOTIFICATION)).status, 201);
});
