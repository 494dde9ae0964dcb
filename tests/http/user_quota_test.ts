import assert from "node:assert/strict";
import { UserQuotas } from "../../src/limits/user_quotas.ts";
import { readProblem } from "../drivers/problem.ts";
import { createTestApp, type TestApp } from "../drivers/test_app.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";

const CALLS: readonly [what: string, path: string, init?: RequestInit][] = [
  ["reading the inbox", "/v1/inbox"],
  ["counting the inbox", "/v1/inbox/counts"],
  ["marking", "/v1/inbox/marks", { method: "POST", body: '{"op":"read","upTo":1}' }],
  ["joining a topic", "/v1/topics/news/subscription", { method: "PUT" }],
  ["leaving a topic", "/v1/topics/news/subscription", { method: "DELETE" }],
  ["getting a ticket", "/v1/tickets", { method: "POST" }],
];

async function create(limit: number) {
  const clock = new VirtualClock();
  const quotas = new UserQuotas({
    quota: () => ({ limit, windowMs: 10_000 }),
    connectionsMax: 50,
    clock,
  });
  const app = await createTestApp({
    quotas,
    tickets: {
      issue: () => Promise.resolve({ ticket: "t", expiresAt: 0 }),
      redeem: () => Promise.reject(new Error("not here")),
    },
  });
  return { clock, quotas, app, call: await calling(app) };
}

async function calling({ app, token }: TestApp) {
  const tokens = new Map<string, string>();
  for (const user of ["ada", "bob"]) tokens.set(user, await token(user));
  return async (user: string, path: string, init: RequestInit = {}) =>
    await app.request(path, {
      ...init,
      headers: {
        authorization: `Bearer ${tokens.get(user)}`,
        "content-type": "application/json",
        ...init.headers,
      },
    });
}

for (const [what, path, init] of CALLS) {
  Deno.test(`${what} counts towards what a user may ask for`, async () => {
    const { clock, call } = await create(3);
    for (let i = 0; i < 3; i++) assert.notEqual((await call("ada", path, init)).status, 429);
    const refused = await call("ada", path, init);
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get("retry-after"), "4");
    assert.equal((await readProblem(refused)).code, "rate_limited");
    assert.notEqual((await call("bob", path, init)).status, 429);
    await clock.advance(4_000);
    assert.notEqual((await call("ada", path, init)).status, 429);
  });
}

Deno.test("a mark counts by its bytes, announced or not, and by the items that it names", async () => {
  const items = Array.from({ length: 1_000 }, (_, i) => i + 1);
  const body = JSON.stringify({ op: "read", items });
  const kib = Math.floor(body.length / 1024);
  const work = 1 + kib + 10;
  const streamed = () => new Blob([body]).stream();
  for (const announced of [true, false]) {
    const { call } = await create(2 * work);
    const mark = () =>
      call("ada", "/v1/inbox/marks", {
        method: "POST",
        body: announced ? body : streamed(),
        headers: announced ? { "content-length": String(body.length) } : {},
      });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await mark()).status);
    assert.deepEqual(statuses, [204, 204, 429], `announced: ${announced}`);
  }
});

Deno.test("a token that is no good costs its user nothing", async () => {
  const { app, quotas } = await create(1);
  const other = await createTestApp();
  const forged = `${await other.token("ada")}x`;
  for (let i = 0; i < 5; i++) {
    const answer = await app.app.request("/v1/inbox", {
      headers: { authorization: `Bearer ${forged}` },
    });
    assert.equal(answer.status, 401);
  }
  assert.equal(quotas.size, 0);
});
