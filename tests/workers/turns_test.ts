import assert from "node:assert/strict";
import { Turns, TURNS_BYTES } from "../../src/workers/turns.ts";
import { within } from "../drivers/deadline.ts";

/** A task that goes on until it is told to end. */
function task(): { run: () => Promise<void>; begun: Promise<void>; end: () => void } {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  return {
    run() {
      begun.resolve();
      return ended.promise;
    },
    begun: begun.promise,
    end: ended.resolve,
  };
}

Deno.test("no two workers have the turn, and each gets it while the others go on and on", async () => {
  const memory = new SharedArrayBuffer(TURNS_BYTES);
  const workers = Array.from({ length: 4 }, (_, number) => new Turns(memory, number));
  const done = workers.map(() => 0);
  const running = workers.map(() => 0);
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  // Each goes on until all have had enough, so one that were starved would never end.
  const goesOn = () => done.some((count) => count < 30);
  await within(
    Promise.all(workers.flatMap((turns, number) =>
      [1, 2, 3].map(async () => {
        while (goesOn()) {
          await turns.run(async () => {
            running[number] = (running[number] ?? 0) + 1;
            await pause(1);
            const others = running.filter((count, other) => other !== number && count > 0);
            running[number] = (running[number] ?? 0) - 1;
            done[number] = (done[number] ?? 0) + 1;
            assert.equal(others.length, 0, "two at the same time");
          });
        }
      })
    )),
    () => `everybody's turns, which are ${done}`,
  );
});

Deno.test("a task that fails ends its turn, and its caller hears of it", async () => {
  const memory = new SharedArrayBuffer(TURNS_BYTES);
  const [one, other] = [new Turns(memory, 0), new Turns(memory, 1)];
  await assert.rejects(one.run(() => Promise.reject(new Error("failed"))), /failed/);
  assert.equal(await within(other.run(() => Promise.resolve(7)), "the other's turn"), 7);
});

Deno.test("the turn of a worker that has died is ended by whoever noticed, or taken over", async () => {
  for (const isNoticed of [true, false]) {
    const memory = new SharedArrayBuffer(TURNS_BYTES);
    const [dead, other] = [new Turns(memory, 0), new Turns(memory, 1)];
    const stuck = task();
    const stuckRun = dead.run(stuck.run);
    await stuck.begun;
    const result = other.run(() => Promise.resolve("done"));
    if (isNoticed) Turns.endOf(memory, 0);
    assert.equal(await within(result, "the other's turn"), "done");
    // It was not dead after all: what it ends is not the turn of somebody else.
    const next = task();
    const nextRun = other.run(next.run);
    await next.begun;
    stuck.end();
    await stuckRun;
    const again = task();
    const againRun = dead.run(again.run);
    next.end();
    await within(again.begun, "its next turn");
    again.end();
    await Promise.all([nextRun, againRun]);
  }
});
