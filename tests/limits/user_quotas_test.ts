import assert from "node:assert/strict";
import type { Quota } from "../../src/limits/rate_limit.ts";
import { UserQuotas } from "../../src/limits/user_quotas.ts";
import { settle, VirtualClock } from "../fakes/virtual_clock.ts";

const QUOTA: Quota = { limit: 100, windowMs: 10_000 };

function create(quota: Quota | undefined = QUOTA) {
  const clock = new VirtualClock();
  return { clock, quotas: new UserQuotas({ quota: () => quota, connectionsMax: 50, clock }) };
}

Deno.test("what a user asks for counts by its cost, for each user apart, and is earned back evenly", async () => {
  const { clock, quotas } = create();
  quotas.charge("ada", 60);
  quotas.charge("ada", 40);
  assert.throws(() => quotas.charge("ada", 1), { code: "rate_limited", retryAfterMs: 100 });
  quotas.charge("bob", 100);
  await clock.advance(5_000);
  assert.throws(() => quotas.charge("ada", 51), { code: "rate_limited" });
  quotas.charge("ada", 50);
});

Deno.test("what costs more than there ever is comes through where the whole quota is there", async () => {
  const { clock, quotas } = create();
  quotas.charge("ada", 1);
  assert.throws(() => quotas.charge("ada", 1_000), { code: "rate_limited" });
  await clock.advance(100);
  quotas.charge("ada", 1_000);
  assert.throws(() => quotas.charge("ada", 1), { code: "rate_limited" });
});

Deno.test("work that is found out afterwards is owed, but never more than another quota", async () => {
  const { clock, quotas } = create();
  quotas.charge("ada", 1);
  quotas.add("ada", 1_000_000);
  await clock.advance(10_000);
  assert.throws(() => quotas.charge("ada", 1), { code: "rate_limited" });
  await clock.advance(100);
  quotas.charge("ada", 1);
});

Deno.test("nothing is remembered of users who have their whole quota and ask for nothing", async () => {
  const { clock, quotas } = create();
  for (let i = 0; i < 1_000; i++) quotas.charge(`user ${i}`, 50);
  const held = Promise.withResolvers<void>();
  const request = quotas.run("busy", () => held.promise);
  await clock.advance(4_900);
  quotas.sweep();
  assert.equal(quotas.size, 1_001);
  await clock.advance(100);
  quotas.sweep();
  assert.equal(quotas.size, 1);
  held.resolve();
  await request;
  quotas.sweep();
  assert.equal(quotas.size, 0);
});

Deno.test("another quota counts from the next charge on", () => {
  let quota: Quota | undefined = { limit: 1, windowMs: 10_000 };
  const quotas = new UserQuotas({
    quota: () => quota,
    connectionsMax: 50,
    clock: new VirtualClock(),
  });
  quotas.charge("ada", 1);
  assert.throws(() => quotas.charge("ada", 1), { code: "rate_limited" });
  quota = { limit: 5, windowMs: 10_000 };
  for (let i = 0; i < 5; i++) quotas.charge("ada", 1);
  assert.throws(() => quotas.charge("ada", 1), { code: "rate_limited" });
  quota = undefined;
  for (let i = 0; i < 100; i++) quotas.charge("ada", 1_000);
});

Deno.test("few requests of a user run at once, in their order; others don't wait for them; too many are refused", async () => {
  const { quotas } = create(undefined);
  const ran: number[] = [];
  const go: (() => void)[] = [];
  const request = (i: number) =>
    quotas.run("ada", () => {
      ran.push(i);
      return new Promise<void>((resolve) => go.push(resolve));
    });
  const waiting = Array.from({ length: 68 }, (_, i) => request(i));
  await settle();
  assert.deepEqual(ran, [0, 1, 2, 3]);
  await assert.rejects(request(68), { code: "rate_limited" });
  assert.equal(await quotas.run("bob", () => Promise.resolve("bob's")), "bob's");
  // One that fails hands its place over as well.
  for (let done = 0; done < 68; done++) {
    go[done]?.();
    await settle();
  }
  await Promise.all(waiting);
  assert.deepEqual(ran, Array.from({ length: 68 }, (_, i) => i));
  await assert.rejects(quotas.run("ada", () => Promise.reject(new Error("Broken"))), /Broken/);
  quotas.sweep();
  assert.equal(quotas.size, 0);
});

Deno.test("all connections of a user may come back at once, also of one who owes work", async () => {
  const { clock, quotas } = create();
  quotas.add("ada", 1_000_000);
  for (let i = 0; i < 100; i++) quotas.connect("ada");
  assert.throws(() => quotas.connect("ada"), { code: "rate_limited" });
  quotas.connect("bob");
  await clock.advance(100);
  quotas.connect("ada");
});
