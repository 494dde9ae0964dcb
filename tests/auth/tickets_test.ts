import assert from "node:assert/strict";
import { RevokedTokens, revokeUser } from "../../src/auth/revoked_tokens.ts";
import type { UserToken } from "../../src/auth/token_verifier.ts";
import { KvTickets } from "../../src/auth/tickets.ts";
import { MemoryKv } from "../fakes/memory_kv.ts";
import { readProblem } from "../drivers/problem.ts";
import { Service } from "../drivers/service.ts";
import { createTestApp } from "../drivers/test_app.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";

const USED = { code: "unauthorized", message: /used before, or its time is up/ };

function create() {
  const clock = new VirtualClock();
  const kv = new MemoryKv({ now: () => clock.now() });
  const revoked = new RevokedTokens();
  // Two instances on one KV.
  const [one, other] = [
    new KvTickets({ kv, clock, revoked }),
    new KvTickets({ kv, clock, revoked }),
  ];
  const token: UserToken = {
    user: "ada.lovelace",
    expiresAt: clock.now() + 3_600_000,
    topics: ["news", "team.*"],
    publish: ["topic:chat"],
    jti: "one",
    issuedAt: clock.now() - 1_000,
  };
  return { clock, kv, revoked, one, other, token };
}

Deno.test("a ticket stands for all that the token says, on any instance, and for half a minute", async () => {
  const { clock, one, other, token } = create();
  const { ticket, expiresAt } = await one.issue(token);
  assert.match(ticket, /^[A-Za-z0-9_-]{43}$/);
  assert.equal(expiresAt, clock.now() + 30_000);
  await clock.advance(29_999);
  assert.deepEqual(await other.redeem(ticket), token);
});

Deno.test("a ticket is good once, whoever tries again and wherever", async () => {
  const { one, other, token } = create();
  const { ticket } = await one.issue(token);
  await one.redeem(ticket);
  await assert.rejects(one.redeem(ticket), USED);
  await assert.rejects(other.redeem(ticket), USED);
});

Deno.test("of many who use a ticket at the same time exactly one gets in", async () => {
  const { one, other, token } = create();
  const { ticket } = await one.issue(token);
  const tries = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? one : other).redeem(ticket));
  const results = await Promise.allSettled(tries);
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
});

Deno.test("a ticket ends with its half minute, or with the token if that is sooner", async () => {
  const { clock, one, token } = create();
  const { ticket } = await one.issue(token);
  await clock.advance(30_000);
  await assert.rejects(one.redeem(ticket), USED);

  const brief = await one.issue({ ...token, expiresAt: clock.now() + 5_000 });
  assert.equal(brief.expiresAt, clock.now() + 5_000);
  await clock.advance(5_000);
  await assert.rejects(one.redeem(brief.ticket), { code: "token_expired" });
});

Deno.test("a ticket of a token that was revoked meanwhile opens nothing", async () => {
  const { clock, revoked, one, token } = create();
  const { ticket } = await one.issue(token);
  revoked.add(revokeUser(token.user, clock.now(), { now: clock.now(), maxLifetimeMs: 1 }));
  await assert.rejects(one.redeem(ticket), { code: "unauthorized" });
});

Deno.test("what is no ticket is refused, and nothing is looked up for what can't be one", async () => {
  const { one, token } = create();
  const { ticket } = await one.issue(token);
  const guesses = ["", "x", ticket.slice(1), `${ticket}A`, "A".repeat(43), ` ${ticket}`, "é"];
  for (const guess of guesses) await assert.rejects(one.redeem(guess), { code: "unauthorized" });
  assert.equal((await one.redeem(ticket)).user, token.user);
});

Deno.test("the database holds neither the ticket nor the user", async () => {
  const { kv, one, token } = create();
  const { ticket } = await one.issue(token);
  const [{ mutations: [mutation] } = { mutations: [] }] = kv.history;
  assert(mutation?.kind === "set");
  const text = `${mutation.key.join()} ${new TextDecoder("latin1").decode(mutation.value)}`;
  assert(!text.includes("lovelace"));
  assert(!text.includes(ticket));
});

Deno.test("a user gets a ticket over HTTP, a publisher or a stranger does not", async () => {
  const { clock, one } = create();
  const { app, key, token } = await createTestApp({ tickets: one });
  const post = async (bearer?: string) =>
    await app.request("/v1/tickets", {
      method: "POST",
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    });
  const answer = await post(await token("ada"));
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const { ticket, expiresAt } = await answer.json();
  assert.equal(Date.parse(expiresAt), clock.now() + 30_000);
  assert.equal((await one.redeem(ticket)).user, "ada");

  for (
    const [bearer, status, code] of [[key, 403, "forbidden"], [undefined, 401, "unauthorized"]]
  ) {
    const refused = await post(bearer as string | undefined);
    assert.equal(refused.status, status);
    assert.equal((await readProblem(refused)).code, code);
  }
});

Deno.test("a ticket is no token: it opens no call", async () => {
  await using service = await Service.start();
  const authorization = `Bearer ${await service.token("ada")}`;
  const issued = await service.fetch("/v1/tickets", { method: "POST", headers: { authorization } });
  assert.equal(issued.status, 201);
  const { ticket } = await issued.json();
  const answer = await service.fetch("/v1/inbox", {
    headers: { authorization: `Bearer ${ticket}` },
  });
  assert.equal(answer.status, 401);
  await answer.body?.cancel();
});
