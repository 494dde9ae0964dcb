import assert from "node:assert/strict";
import { Feed } from "../../src/feeds/feed.ts";
import { withDeadline } from "../../src/kv/wrap.ts";
import { isRetryable } from "../../src/kv/failures.ts";
import { MonitoredKv } from "../../src/kv/health.ts";
import { AwayKv } from "../fakes/away_kv.ts";
import { unexpected } from "../fakes/error_reports.ts";
import { MemoryKv } from "../fakes/memory_kv.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";
import { hasCode } from "../../src/errors.ts";

const KEY = ["head", "user:ada"];

function create() {
  const clock = new VirtualClock();
  const store = new AwayKv(new MemoryKv());
  const turns: boolean[] = [];
  const changes = new Feed<boolean>(unexpected);
  changes.subscribe((isAway) => turns.push(isAway));
  const kv = new MonitoredKv(withDeadline(store, { clock, ms: 5_000 }), {
    clock,
    instance: "test",
    changes,
    onError: unexpected,
  });
  kv.start();
  const write = () =>
    kv.commit({ checks: [], mutations: [{ kind: "set", key: KEY, value: new Uint8Array(1) }] });
  return { clock, store, kv, turns, write };
}

/** Fails the next call with an error of the test's choice. */
function failNext(store: AwayKv, error: Error): void {
  store.get = () => {
    Reflect.deleteProperty(store, "get");
    return Promise.reject(error);
  };
}

Deno.test("one answer that never comes, while others do, does not make the store away", async () => {
  const { clock, store, kv, turns } = create();
  store.state = "silent";
  const lost = assert.rejects(kv.get(KEY), { code: "unavailable" });
  store.state = "there";
  for (let i = 0; i < 20; i++) {
    await clock.advance(300);
    await kv.get(KEY);
    assert.equal(kv.isAway, false);
  }
  await lost;
  assert.deepEqual(turns, []);
  kv.stop();
});

Deno.test("a silence of three seconds makes the store away, and the first answer brings it back", async () => {
  const { clock, store, kv, turns } = create();
  store.state = "silent";
  const lost = assert.rejects(kv.get(KEY), { code: "unavailable" });
  await clock.advance(2_700);
  assert.equal(kv.isAway, false);
  await clock.advance(800);
  assert.equal(kv.isAway, true);
  store.state = "there";
  await kv.get(KEY);
  assert.equal(kv.isAway, false);
  assert.deepEqual(turns, [true, false]);
  await clock.advance(5_000);
  await lost;
  kv.stop();
});

Deno.test("nothing that is asked is no silence", async () => {
  const { clock, kv, turns } = create();
  await clock.advance(3_600_000);
  assert.deepEqual(turns, []);
  kv.stop();
});

Deno.test("a store that takes no writes is away, however well it can be read", async () => {
  const { clock, store, kv, turns, write } = create();
  await write();
  store.state = "readOnly";
  await assert.rejects(write(), { code: "unavailable" });
  for (let i = 0; i < 20; i++) {
    await kv.get(KEY);
    assert.equal(kv.isAway, true);
    await clock.advance(250);
  }
  store.state = "there";
  await clock.advance(1_000);
  assert.equal(kv.isAway, false, "nobody but a probe has asked");
  assert.deepEqual(turns, [true, false]);
  kv.stop();
});

Deno.test("a call that is too large, and a file that somebody else is writing, are no outage", async () => {
  const { store, kv } = create();
  for (const message of ["Value too large (max 65536 bytes)", "database is locked"]) {
    const error = new TypeError(message);
    failNext(store, error);
    await assert.rejects(kv.get(KEY), error);
    assert.equal(kv.isAway, false, message);
    assert.equal(isRetryable(error), false, message);
  }
  kv.stop();
});

Deno.test("whatever else the store says is an outage, which tells the cause", async () => {
  const { store, kv } = create();
  const cause = new TypeError("error sending request: Too many open files (os error 24)");
  failNext(store, cause);
  await assert.rejects(kv.get(KEY), (error) => {
    assert(hasCode(error, "unavailable") && isRetryable(error));
    assert.equal(error.cause, cause);
    assert.match(error.message, /Too many open files/);
    return true;
  });
  assert.equal(kv.isAway, true);
  kv.stop();
});
