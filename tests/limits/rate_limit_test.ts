import assert from "node:assert/strict";
import fc from "fast-check";
import { RateLimit } from "../../src/limits/rate_limit.ts";

Deno.test("the whole quota may come at once, and not one more", () => {
  const limit = new RateLimit({ limit: 3, windowMs: 3_000 });
  assert.deepEqual([1, 2, 3].map(() => limit.take(0)), [
    { allowed: true, remaining: 2, resetMs: 1_000, retryAfterMs: 0 },
    { allowed: true, remaining: 1, resetMs: 2_000, retryAfterMs: 0 },
    { allowed: true, remaining: 0, resetMs: 3_000, retryAfterMs: 0 },
  ]);
  assert.deepEqual(limit.take(0), {
    allowed: false,
    remaining: 0,
    resetMs: 3_000,
    retryAfterMs: 1_000,
  });
});

Deno.test("what is refused costs nothing, and comes through when it was told to come back", () => {
  const limit = new RateLimit({ limit: 3, windowMs: 3_000 });
  for (let i = 0; i < 3; i++) limit.take(0);
  for (let i = 0; i < 100; i++) assert(!limit.take(500).allowed);
  assert(!limit.take(999).allowed);
  assert(limit.take(1_000).allowed);
  assert(!limit.take(1_000).allowed);
});

Deno.test("who was quiet for a window has the whole quota again", () => {
  const limit = new RateLimit({ limit: 3, windowMs: 3_000 });
  for (let i = 0; i < 3; i++) limit.take(0);
  for (let i = 0; i < 3; i++) assert(limit.take(3_000).allowed);
  assert(!limit.take(3_000).allowed);
});

Deno.test("something that costs more takes as much of the quota", () => {
  const limit = new RateLimit({ limit: 10, windowMs: 10_000 });
  assert.equal(limit.take(0, 7).remaining, 3);
  assert.equal(limit.take(0, 4).retryAfterMs, 1_000);
  assert(limit.take(0, 3).allowed);
});

Deno.test("in no window of any schedule more comes through than the burst and what was earned since", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 1, max: 10_000 }),
    fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 200 }),
    (limit, windowMs, pauses) => {
      const bucket = new RateLimit({ limit, windowMs });
      const passed: number[] = [];
      let now = 0;
      for (const pause of pauses) {
        now += pause;
        const { allowed, remaining, retryAfterMs } = bucket.take(now);
        assert(remaining >= 0 && remaining < limit);
        assert.equal(retryAfterMs > 0, !allowed);
        if (allowed) passed.push(now);
      }
      passed.forEach((start, i) =>
        passed.slice(i).forEach((end, more) => {
          const earned = (end - start) * limit / windowMs;
          assert(more + 1 <= limit + earned + 1e-3, `${more + 1} in ${end - start} ms`);
        })
      );
    },
  ));
});
