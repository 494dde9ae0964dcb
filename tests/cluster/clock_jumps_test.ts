import assert from "node:assert/strict";
import { startServiceClock } from "../../src/server/service_clock.ts";
import { ClockJumps } from "../../src/cluster/clock_jumps.ts";
import type { Log } from "../../src/ops/log.ts";
import { timeOf } from "../../src/encoding/uuid_v7.ts";
import { eventually } from "../drivers/deadline.ts";
import { unexpected } from "../fakes/error_reports.ts";
import { JumpingClock } from "../fakes/jumping_clock.ts";
import { Service } from "../drivers/service.ts";
import { SkewedClock } from "../fakes/skewed_clock.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";
import { StartError } from "../../src/errors.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

Deno.test("a clock that is set is noticed once, and counts as wrong until it is set back", async () => {
  const clock = new JumpingClock();
  const heard: number[] = [];
  const jumps = new ClockJumps({ clock, onJump: (ms) => heard.push(ms), onError: unexpected });
  jumps.start();
  await clock.advance(DAY_MS);
  assert.deepEqual(heard, []);
  clock.jump(HOUR_MS);
  await clock.advance(10_000);
  assert.deepEqual(heard, [HOUR_MS]);
  assert.equal(jumps.skew, HOUR_MS);
  clock.jump(-HOUR_MS);
  await clock.advance(10_000);
  assert.deepEqual(heard, [HOUR_MS, -HOUR_MS]);
  assert.equal(jumps.skew, 0);
  // A clock that was wrong until it was set: that can't be told, and is over after a while.
  clock.jump(-5_000);
  await clock.advance(60_000);
  assert.equal(jumps.skew, -5_000);
  await clock.advance(HOUR_MS);
  assert.equal(jumps.skew, 0);
  assert.equal(heard.length, 3);
  jumps.stop();
});

Deno.test("a clock that drifts, or is adjusted by less than a second, does not jump", async () => {
  const clock = new JumpingClock();
  const jumps = new ClockJumps({ clock, onJump: unexpected, onError: unexpected });
  jumps.start();
  for (let i = 0; i < 100; i++) {
    clock.jump(i % 3 === 0 ? 900 : 20);
    await clock.advance(1_000);
    assert.equal(jumps.skew, 0);
  }
  jumps.stop();
});

Deno.test("an instance does not start with a clock that was never set", async () => {
  await using cleanUp = new AsyncDisposableStack();
  const log = new Proxy({} as Log, { get: () => () => {} });
  const right = new VirtualClock();
  const options = { log, onError: unexpected, cleanUp };
  const { clock, votes } = await startServiceClock(right, undefined, options);
  assert.equal(clock, right);
  assert.equal(votes, undefined);
  const unset = new SkewedClock(right, -right.now());
  const started = startServiceClock(unset, undefined, options);
  await assert.rejects(started, (error) => {
    assert(error instanceof StartError);
    assert.match(error.message, /1970-01-01.*NTP/s);
    return true;
  });
});

/** A service on a machine whose clock the test sets. */
async function startWithClock() {
  const file = await Deno.makeTempFile();
  const set = (ms: number) => Deno.writeTextFile(file, String(ms));
  await set(0);
  const service = await Service.start({
    env: { TESTS_CLOCK_FILE: file },
    program: "tests/drivers/skewed_main.ts",
  });
  const jumps = () => service.output.log.filter(({ event }) => event === "clock.jumped");
  /** Sets the clock, and waits until the service has noticed. */
  const jump = async (ms: number) => {
    const before = jumps().length;
    await Deno.writeTextFile(`${file}.new`, String(ms));
    await Deno.rename(`${file}.new`, file);
    await eventually(() => jumps().length > before, "the jump to be noticed");
  };
  return { service, jump, jumps, file };
}

async function skewOf(service: Service): Promise<number> {
  const text = await (await service.fetch("/metrics")).text();
  return Number(/^bellwire_clock_skew_seconds (\S+)$/m.exec(text)?.[1]);
}

Deno.test("after a clock has jumped ahead and back, what is published goes by the right time again", async () => {
  const { service, jump, jumps, file } = await startWithClock();
  await using _ = service;
  await service.published({ to: { user: "ada" }, title: "Before" });
  await jump(HOUR_MS);
  assert(Math.abs(await skewOf(service) - 3_600) < 2);
  const ahead = await service.published({ to: { user: "ada" }, title: "An hour ahead" });
  await jump(0);
  assert(Math.abs(await skewOf(service)) < 2);
  assert.equal(jumps().length, 2);

  const soon = (ms: number) => new Date(Date.now() + ms).toISOString();
  for (const headers of [{}, { "idempotency-key": "one" }, { "idempotency-key": "one" }]) {
    const { id } = await service.published(
      { to: { user: "ada" }, title: "Half an hour", expiresAt: "2099-01-01T00:00:00Z" },
      headers,
    );
    assert(id > ahead.id, "ids only ever rise");
    assert(timeOf(id) >= timeOf(ahead.id));
  }
  const expiring = await service.publish({
    to: { user: "ada" },
    title: "It expires soon",
    expiresAt: soon(HOUR_MS / 2),
  });
  assert.equal(expiring.status, 201, await expiring.text());
  const batch = await service.fetch("/v1/notifications/batch", {
    method: "POST",
    headers: { authorization: `Bearer ${service.key}`, "content-type": "application/json" },
    body: JSON.stringify({
      notifications: [
        { to: { user: "ada" }, title: "Of a batch", expiresAt: soon(HOUR_MS / 2) },
      ],
    }),
  });
  const { results } = await batch.json();
  assert.equal(results[0].status, 201, JSON.stringify(results));
  const scheduled = await service.publish({
    to: { user: "ada" },
    title: "It is sent soon",
    sendAt: soon(3_000),
  });
  assert.equal(scheduled.status, 202, await scheduled.text());
  const items = await eventually(async () => {
    const items = await service.inbox("ada");
    return items[0]?.title === "It is sent soon" && items;
  }, "what was scheduled");
  for (const { title, publishedAt } of items) {
    const isAhead = Date.parse(String(publishedAt)) > Date.now() + 60_000;
    assert.equal(isAhead, title === "An hour ahead", `${title}: ${publishedAt}`);
  }
  await Deno.remove(file);
});
