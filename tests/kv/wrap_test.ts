import assert from "node:assert/strict";
import type { Clock, Timer } from "../../src/clock.ts";
import { withDeadline } from "../../src/kv/wrap.ts";
import { FaultyKv } from "../fakes/faulty_kv.ts";
import { NO_FAULTS } from "../simulation/support/journal_stories.ts";
import { MemoryKv } from "../fakes/memory_kv.ts";
import { SeededRandom } from "../simulation/support/seeded_random.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";

const DEADLINE_MS = 500;

function setUp() {
  const clock = new VirtualClock();
  const random = new SeededRandom(1);
  const options = { clock, random, odds: NO_FAULTS, wayMax: 100, deadline: DEADLINE_MS };
  const faulty = new FaultyKv(new MemoryKv(), options);
  return { clock, faulty, kv: withDeadline(faulty, { clock, ms: DEADLINE_MS }) };
}

const RANGE = { start: ["a"], end: ["b"] };
const OPERATION = { checks: [], mutations: [{ kind: "delete", key: ["a"] }] } as const;

Deno.test("a call of the store is given up at its deadline, whichever it is", async () => {
  const { clock, faulty, kv } = setUp();
  faulty.outage = true;
  const calls: (() => Promise<unknown>)[] = [
    () => kv.get(["a"]),
    () => kv.getMany([["a"]]),
    () => kv.list(RANGE, { limit: 1 }),
    () => kv.commit(OPERATION),
  ];
  for (const call of calls) {
    const before = clock.monotonic();
    await assert.rejects(clock.until(call(), { withinMs: 1_000 }), { code: "unavailable" });
    assert.equal(clock.monotonic() - before, DEADLINE_MS);
  }
});

Deno.test("an answer in time, good or bad, is passed on and leaves no timer behind", async () => {
  const { clock, faulty, kv } = setUp();
  const committed = await clock.until(kv.commit(OPERATION), { withinMs: DEADLINE_MS });
  assert.equal(committed.ok, true);
  assert.deepEqual(await clock.until(kv.list(RANGE, { limit: 1 }), { withinMs: 200 }), []);
  faulty.script.push("refused");
  const refused = kv.commit(OPERATION);
  await assert.rejects(clock.until(refused, { withinMs: DEADLINE_MS }), /connection refused/);
  await clock.advance(0);
  assert.equal(clock.pending, 0);
});

Deno.test("an answer that comes too late is ignored", async () => {
  const { clock, faulty, kv } = setUp();
  faulty.script.push("answerLate");
  await assert.rejects(clock.until(kv.commit(OPERATION), { withinMs: 1_000 }), {
    code: "unavailable",
  });
  await clock.advance(10_000);
  assert.equal(clock.pending, 0);
});

/** A process that stands still: afterwards all timers whose time has come run before anything else. */
class StandingClock implements Clock {
  #time = 0;
  #timers: { readonly at: number; readonly task: () => void }[] = [];

  now(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  after(ms: number, task: () => void): Timer {
    const timer = { at: this.#time + ms, task };
    this.#timers.push(timer);
    return { cancel: () => this.#timers = this.#timers.filter((other) => other !== timer) };
  }

  standStill(ms: number): void {
    this.#time += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#time);
    this.#timers = this.#timers.filter(({ at }) => at > this.#time);
    for (const { task } of due) task();
  }
}

Deno.test("an answer that came while the process stood still is in time", async () => {
  const clock = new StandingClock();
  const memory = new MemoryKv();
  const kv = withDeadline(memory, { clock, ms: DEADLINE_MS });
  const asked = kv.get(["a"]);
  clock.standStill(60_000);
  assert.equal((await asked).value, null);
  // A call that nobody answers has its end all the same.
  memory.get = () => new Promise(() => {});
  const lost = assert.rejects(kv.get(["a"]), { code: "unavailable" });
  for (let i = 0; i < 5; i++) clock.standStill(60_000);
  await lost;
});
