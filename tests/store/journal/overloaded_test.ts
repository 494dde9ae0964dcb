import assert from "node:assert/strict";
import fc from "fast-check";
import type { Seq } from "../../../src/domain/item.ts";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import { Feed } from "../../../src/feeds/feed.ts";
import { HeadCache } from "../../../src/store/head_cache.ts";
import type { Entry } from "../../../src/store/journal/entry.ts";
import { Journal } from "../../../src/store/journal/journal.ts";
import { ranges } from "../../../src/store/keys.ts";
import { unexpected } from "../../fakes/error_reports.ts";
import { itemOf } from "../../simulation/support/journal_entries.ts";
import { MemoryKv } from "../../fakes/memory_kv.ts";
import { type SlowKv, slowKv } from "../../fakes/slow_kv.ts";
import { VirtualClock } from "../../fakes/virtual_clock.ts";
import { hasCode, type ServiceError } from "../../../src/errors.ts";

const CHECKS_MAX = 10;
const COMMITS_MAX = 2;
/** What two commits of ten entries each take a second, where each lasts a second. */
const SLOW_PER_SECOND = CHECKS_MAX * COMMITS_MAX;
const ANSWER_WITHIN_MS = 10_000;

interface Call {
  readonly stream: StreamName;
  readonly since: number;
  answeredAt?: number;
  seq?: Seq | undefined;
  error?: unknown;
}

/** A journal on a store whose commits take as long as a test says, and what its callers were told. */
class World {
  readonly clock = new VirtualClock();
  readonly memory = new MemoryKv({ now: () => this.clock.now(), checksMax: CHECKS_MAX });
  readonly kv: SlowKv;
  readonly journal: Journal;
  readonly calls: Call[] = [];
  #made = 0;

  constructor(
    { commitMs, ...limits }: { commitMs: number; queueMax?: number; queueBytesMax?: number },
  ) {
    this.kv = slowKv(this.memory, { clock: this.clock, ms: commitMs });
    this.journal = new Journal({
      ...limits,
      kv: this.kv,
      heads: new HeadCache({ kv: this.kv, isOnlyWriter: true }),
      clock: this.clock,
      limits: { itemsMax: 100_000, changesMax: 100, retentionDays: 90 },
      instance: "one",
      newBatchId: () => `batch${++this.#made}`,
      newEpoch: () => `epoch${++this.#made}`,
      checksMax: CHECKS_MAX,
      commitsMax: COMMITS_MAX,
      answerWithin: ANSWER_WITHIN_MS,
      commits: new Feed(unexpected),
      retries: new Feed(unexpected),
      onError: unexpected,
    });
  }

  /** Asks for one notification for a user of its own. */
  publish(bytes = 60): Call {
    const number = this.calls.length;
    const stream: StreamName = `user:${number}`;
    const call: Call = { stream, since: this.clock.monotonic() };
    this.calls.push(call);
    const entry: Entry<Seq | undefined> = {
      parts: [{ stream, intent: { kind: "publish", item: itemOf(`n${number}`, bytes) } }],
      complete: ([seq]) => ({ mutations: [], result: seq }),
    };
    const note = () => call.answeredAt = this.clock.monotonic();
    this.journal.append(entry).then((seq) => call.seq = seq, (error) => call.error = error)
      .finally(note);
    return call;
  }

  /** Lets everything end, and checks that what was acknowledged is there, and what was refused is not. */
  async rest(): Promise<void> {
    await this.clock.until(this.journal.flushed(), { withinMs: 3_600_000 });
    await this.clock.advance(60_000);
    assert.equal(this.clock.pending, 0);
    for (const { stream, since, answeredAt = Infinity, seq, error } of this.calls) {
      const rows = await this.memory.list(ranges.ofStream("item", stream), { limit: 2 });
      if (seq !== undefined) assert.equal(rows.length, 1, `${stream} was acknowledged`);
      else if (hasCode(error, "overloaded")) assert.equal(rows.length, 0, `${stream} was refused`);
      else assert(hasCode(error, "unavailable") && rows.length <= 1, `${stream} failed: ${error}`);
      assert(answeredAt - since <= ANSWER_WITHIN_MS + 500, `${stream} waited for too long`);
    }
  }

  get refusals(): ServiceError[] {
    return this.calls.flatMap(({ error }) => hasCode(error, "overloaded") ? error : []);
  }
}

Deno.test("a store that takes seconds for each commit means slow answers, and no refusal", async () => {
  const world = new World({ commitMs: 3_500 });
  for (let second = 0; second < 60; second++) {
    world.publish();
    await world.clock.advance(1_000);
  }
  await world.rest();
  assert.deepEqual(world.calls.flatMap(({ error }) => error ?? []), []);
});

Deno.test("one commit that hangs for six seconds is no reason to refuse others", async () => {
  const world = new World({ commitMs: 6_000 });
  world.publish();
  await world.clock.advance(5_000);
  world.kv.ms = 10;
  for (let i = 0; i < 100; i++) world.publish();
  await world.rest();
  assert.deepEqual(world.calls.flatMap(({ error }) => error ?? []), []);
});

Deno.test("what few ask of a store that had little to do says nothing of how much it takes", async () => {
  const world = new World({ commitMs: 10 });
  for (let i = 0; i < 100; i++) {
    world.publish();
    await world.clock.advance(100);
  }
  for (let i = 0; i < 2_000; i++) world.publish();
  await world.rest();
  assert.deepEqual(world.calls.flatMap(({ error }) => error ?? []), []);
});

Deno.test("a store that stands still for four seconds is not taken for a slow one", async () => {
  const world = new World({ commitMs: 10 });
  for (let i = 0; i < 300; i++) {
    world.publish();
    // Three seconds of 100 a second, then a pause of the store, then as before.
    if (i === 150) world.kv.ms = 4_000;
    await world.clock.advance(10);
  }
  world.kv.ms = 10;
  for (let i = 0; i < 600; i++) {
    world.publish();
    await world.clock.advance(10);
  }
  await world.rest();
  assert.deepEqual(world.calls.flatMap(({ error }) => error ?? []), []);
});

Deno.test("a queue with as many entries as may wait refuses, and says so", async () => {
  const world = new World({ commitMs: 100, queueMax: 50 });
  for (let i = 0; i < 100; i++) world.publish();
  await world.rest();
  const { refusals } = world;
  assert.equal(refusals.length, 50);
  for (const { reason, retryAfterMs = 0 } of refusals) {
    assert.equal(reason, "entries");
    assert.equal(retryAfterMs, 1_000);
  }
});

Deno.test("a queue with as many bytes as may wait refuses, and takes more once it is shorter", async () => {
  const world = new World({ commitMs: 100, queueBytesMax: 1_000_000 });
  for (let i = 0; i < 100; i++) world.publish(48_000);
  assert(world.journal.waitingBytes <= 1_000_000, String(world.journal.waitingBytes));
  await world.clock.advance(2_000);
  assert.equal(world.refusals.length, 80);
  for (const { reason } of world.refusals) assert.equal(reason, "bytes");
  assert.equal(world.journal.waitingBytes, 0);
  world.publish(48_000);
  await world.rest();
  assert.equal(world.refusals.length, 80);
});

Deno.test("where more waits than is written within the deadline, more is refused until it is less", async () => {
  const world = new World({ commitMs: 1_000 });
  // A first burst makes known how slow the store is; it takes what would be written in time.
  for (let i = 0; i < SLOW_PER_SECOND * 9; i++) world.publish();
  await world.clock.advance(6_500);
  const before = world.calls.length;
  for (let i = 0; i < 1_000; i++) world.publish();
  await world.clock.advance(0);
  const refused = world.refusals.length;
  assert(refused > 500 && refused < 1_000, `${refused} of 1,000 were refused`);
  for (const { reason, retryAfterMs = 0 } of world.refusals) {
    assert.equal(reason, "drain");
    assert(retryAfterMs > 2_000 && retryAfterMs <= 10_000, `retry after ${retryAfterMs} ms`);
  }
  const taken = world.calls.slice(before).filter(({ error }) => error === undefined);
  await world.rest();
  const inTime = taken.filter(({ seq }) => seq !== undefined).length;
  assert(inTime >= SLOW_PER_SECOND * 3, `${inTime} of ${taken.length} were written`);
});

Deno.test("what has waited for its turn in vain is out of the queue, and never written", async () => {
  const world = new World({ commitMs: 4_000 });
  for (let i = 0; i < 100; i++) world.publish();
  await world.rest();
  // Two rounds of two commits, and those that were begun within the ten seconds.
  const written = world.calls.filter(({ seq }) => seq !== undefined).length;
  assert.equal(written, 2 * SLOW_PER_SECOND);
  const unknown = world.calls.filter(({ error }) => hasCode(error, "unavailable")).length;
  assert.equal(unknown, SLOW_PER_SECOND);
  assert.equal(world.refusals.length, 40);
  for (const { reason, retryAfterMs = 0 } of world.refusals) {
    assert.equal(reason, "deadline");
    assert(retryAfterMs >= 1_000);
  }
});

Deno.test("however fast the store is and however much is asked, each call is answered in time and truly", async () => {
  const waves = fc.array(
    fc.record({
      calls: fc.nat(80),
      bytes: fc.constantFrom(60, 60, 48_000),
      commitMs: fc.constantFrom(1, 30, 400, 3_000, 9_000),
      pause: fc.constantFrom(0, 20, 1_000, 6_000),
    }),
    { minLength: 1, maxLength: 12 },
  );
  const limits = fc.record({
    queueMax: fc.constantFrom(10, 100, 4_096),
    queueBytesMax: fc.constantFrom(100_000, 64 * 1024 * 1024),
  });
  const property = fc.asyncProperty(waves, limits, async (waves, limits) => {
    const world = new World({ ...limits, commitMs: 1 });
    for (const { calls, bytes, commitMs, pause } of waves) {
      world.kv.ms = commitMs;
      for (let i = 0; i < calls; i++) world.publish(bytes);
      assert(world.journal.depth.waiting <= limits.queueMax);
      assert(world.journal.waitingBytes <= Math.max(limits.queueBytesMax, 48_000));
      await world.clock.advance(pause);
    }
    await world.rest();
  });
  await fc.assert(property, { numRuns: 60 });
});
