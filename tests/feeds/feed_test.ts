import assert from "node:assert/strict";
import { ErrorReports, Failure } from "../../src/feeds/error_reports.ts";
import { Feed, guard } from "../../src/feeds/feed.ts";
import { repeat } from "../../src/clock.ts";
import { settle, VirtualClock } from "../fakes/virtual_clock.ts";

const BROKEN = new TypeError("Broken");

function fail(): never {
  throw BROKEN;
}

Deno.test("a listener that throws or rejects harms neither the emitter nor the other listeners", async () => {
  const errors: unknown[] = [];
  const heard: string[] = [];
  const feed = new Feed<string>((error) => errors.push(error));
  feed.subscribe(fail);
  feed.subscribe((news) => heard.push(`first ${news}`));
  feed.subscribe(() => Promise.reject(BROKEN));
  const unsubscribe = feed.subscribe((news) => heard.push(`second ${news}`));
  feed.emit("a");
  await settle();
  assert.deepEqual(heard, ["first a", "second a"]);
  assert.deepEqual(errors, [BROKEN, BROKEN]);

  unsubscribe();
  feed.emit("b");
  assert.deepEqual(heard, ["first a", "second a", "first b"]);
});

Deno.test("a guarded task reports what it throws, at once or later, and says whether it came to its end", async () => {
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  assert.equal(guard(onError, () => 1), true);
  assert.equal(guard(onError, fail), false);
  assert.equal(guard(onError, () => Promise.reject(BROKEN)), true);
  await settle();
  assert.deepEqual(errors, [BROKEN, BROKEN]);
});

Deno.test("a kind of failure is reported once in ten seconds, with the number of those left out", async () => {
  const clock = new VirtualClock();
  const errors: Failure[] = [];
  const reports = new ErrorReports((error) => errors.push(error), clock);
  const onError = reports.of("A listener failed");
  for (let i = 0; i < 5; i++) onError(BROKEN);
  reports.of("A row cannot be read")(BROKEN);
  assert.deepEqual(errors.map(({ message }) => message), [
    "A listener failed",
    "A row cannot be read",
  ]);
  assert.equal(errors[0]?.job, "A listener failed");
  assert.equal(errors[0]?.cause, BROKEN);
  assert.equal(errors[0]?.stack, BROKEN.stack);

  await clock.advance(10_000);
  reports.of("A listener failed")(BROKEN);
  assert.equal(
    errors.at(-1)?.message,
    "A listener failed (and 4 more times since the last report)",
  );
});

Deno.test("a reporter that throws harms nothing", () => {
  const reports = new ErrorReports(fail, { monotonic: () => 0 });
  reports.of("Something failed")(BROKEN);
});

Deno.test("what is repeated goes on after a failure, which is reported", async () => {
  const clock = new VirtualClock();
  const errors: unknown[] = [];
  let runs = 0;
  const timer = repeat(clock, 100, () => {
    runs++;
    if (runs === 1) fail();
    return runs === 2 ? Promise.reject(BROKEN) : undefined;
  }, (error) => errors.push(error));
  await clock.advance(350);
  assert.equal(runs, 3);
  assert.deepEqual(errors, [BROKEN, BROKEN]);
  timer.cancel();
});
