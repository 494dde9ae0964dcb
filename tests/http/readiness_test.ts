import assert from "node:assert/strict";
import { repeat } from "../../src/clock.ts";
import { Feed } from "../../src/feeds/feed.ts";
import { ReadinessCheck } from "../../src/http/readiness.ts";
import { withDeadline } from "../../src/kv/wrap.ts";
import { MonitoredKv } from "../../src/kv/health.ts";
import { AwayKv } from "../fakes/away_kv.ts";
import { unexpected } from "../fakes/error_reports.ts";
import { MemoryKv } from "../fakes/memory_kv.ts";
import { slowKv } from "../fakes/slow_kv.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";

function create() {
  const clock = new VirtualClock();
  const away = new AwayKv(new MemoryKv());
  const slow = slowKv(away, { clock, ms: 1 });
  const kv = new MonitoredKv(withDeadline(slow, { clock, ms: 5_000 }), {
    clock,
    instance: "one",
    changes: new Feed<boolean>(unexpected),
    onError: unexpected,
  });
  kv.start();
  const readiness = new ReadinessCheck({ kv, clock, instance: "one" });
  const ask = () => clock.until(readiness.check(), { withinMs: 5_000 });
  return { clock, away, slow, kv, readiness, ask };
}

Deno.test("an instance whose store takes its time is ready", async () => {
  const { clock, slow, kv, ask } = create();
  for (const ms of [1, 1_500, 2_900]) {
    slow.ms = ms;
    assert.deepEqual(await ask(), { ok: true }, `${ms} ms a commit`);
    await clock.advance(2_000);
  }
  // Other calls are answered meanwhile: the store is there.
  slow.ms = 4_900;
  const reading = repeat(clock, 500, async () => void await kv.get(["a"]), unexpected);
  assert.deepEqual(await ask(), { ok: true });
  reading.cancel();
  kv.stop();
});

Deno.test("an instance whose store does not answer is not ready, and who asks learns it in time", async () => {
  const { clock, away, kv, ask } = create();
  assert.deepEqual(await ask(), { ok: true });
  await clock.advance(2_000);
  for (const state of ["silent", "refusing", "readOnly"] as const) {
    away.state = state;
    assert.equal((await ask()).ok, false, state);
    away.state = "there";
    await clock.advance(10_000);
    assert.deepEqual(await ask(), { ok: true }, `after ${state}`);
    await clock.advance(2_000);
  }
  kv.stop();
});
