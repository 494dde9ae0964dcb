import assert from "node:assert/strict";
import { LeaseMonitor } from "../../src/cluster/lease_monitor.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";

const LOOK_MS = 2_000;
const DEAD_AFTER_MS = 8_000;

/** Looks every two seconds at a lease that is renewed every so many; gives when it was taken for dead. */
async function watch(
  { renewedEvery, until, lookFor }: { renewedEvery: number; until: number; lookFor: number },
): Promise<number | undefined> {
  const clock = new VirtualClock();
  const monitor = new LeaseMonitor(clock, { deadAfter: DEAD_AFTER_MS, resetAfter: 2 * LOOK_MS });
  for (let now = 0; now <= lookFor; now += LOOK_MS) {
    const beats = Math.floor(Math.min(now, until) / renewedEvery);
    const version = String(beats).padStart(20, "0");
    if (monitor.observe(new Map([["it", version]])).length > 0) return now;
    await clock.advance(LOOK_MS);
  }
  return undefined;
}

Deno.test("a lease that was renewed in time is dead when it has stood still for eight seconds", async () => {
  const died = await watch({ renewedEvery: 2_000, until: 60_000, lookFor: 120_000 });
  assert.equal(died, 68_000);
});

Deno.test("an instance that renews its lease slowly, as on a machine that is busy, is not given up for it", async () => {
  const died = await watch({ renewedEvery: 7_000, until: 600_000, lookFor: 600_000 });
  assert.equal(died, undefined);
});

Deno.test("one that was slow is given up some time too", async () => {
  const died = await watch({ renewedEvery: 7_000, until: 60_000, lookFor: 120_000 });
  assert(died !== undefined && died > 68_000 && died <= 60_000 + 2 * DEAD_AFTER_MS + LOOK_MS);
});

Deno.test("a lease that was never seen to be renewed is nobody's after eight seconds", async () => {
  assert.equal(await watch({ renewedEvery: Infinity, until: 0, lookFor: 60_000 }), DEAD_AFTER_MS);
});
