import assert from "node:assert/strict";
import { LineThrottle } from "../../src/ops/line_throttle.ts";
import type { Log, LogFields } from "../../src/ops/log.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";

function create() {
  const clock = new VirtualClock();
  const written: { level: string; event: string; fields: LogFields }[] = [];
  const writer = (level: string) => (event: string, fields: LogFields = {}) =>
    void written.push({ level, event, fields });
  const log: Log = {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
  };
  return { clock, written, lines: new LineThrottle({ log, clock }) };
}

Deno.test("the first of a kind is written at once, then one a minute with the number of those left out", async () => {
  const { clock, written, lines } = create();
  let asked = 0;
  const detail = () => ({ requestId: `r${++asked}` });
  for (let i = 0; i < 1_000; i++) lines.say("warn", "login.refused", { code: "x" }, { detail });
  assert.deepEqual(written, [
    { level: "warn", event: "login.refused", fields: { requestId: "r1", code: "x" } },
  ]);
  // What a line would say is not put together for those that are left out.
  assert.equal(asked, 1);

  await clock.advance(60_000);
  assert.deepEqual(written.slice(1), [
    { level: "warn", event: "login.refused", fields: { code: "x", suppressed: 999 } },
  ]);
  lines.say("warn", "login.refused", { code: "x" }, { detail });
  await clock.advance(60_000);
  assert.deepEqual(written.at(-1)?.fields, { code: "x", suppressed: 1 });
  await clock.advance(60_000);
  lines.say("warn", "login.refused", { code: "x" }, { detail });
  assert.deepEqual(written.at(-1)?.fields, { requestId: "r2", code: "x" });
  assert.equal(written.length, 4);
  lines.stop();
});

Deno.test("kinds are apart, by event and by fields, and a caller may have left out some itself", () => {
  const { written, lines } = create();
  lines.say("warn", "a.b", { reason: "x" });
  lines.say("warn", "a.b", { reason: "y" });
  lines.say("info", "c.d", { reason: "x" });
  lines.say("warn", "a.b", { reason: "x" });
  lines.say("warn", "e.f", {}, { others: 4 });
  assert.deepEqual(written.map(({ level, event, fields }) => [level, event, fields]), [
    ["warn", "a.b", { reason: "x" }],
    ["warn", "a.b", { reason: "y" }],
    ["info", "c.d", { reason: "x" }],
    ["warn", "e.f", { suppressed: 4 }],
  ]);
  lines.stop();
});

Deno.test("however many kinds callers make up, an event has few lines a minute and little memory", async () => {
  const { clock, written, lines } = create();
  for (let i = 0; i < 10_000; i++) lines.say("warn", "origin.refused", { origin: `o${i}` });
  assert.equal(written.length, 21);
  assert.deepEqual(written.at(-1)?.fields, {});
  await clock.advance(60_000);
  // What was left out is told, though not of which of them.
  assert.deepEqual(written.slice(21).map(({ fields }) => fields), [{ suppressed: 9_979 }]);
  // Kinds that are quiet make room for others.
  await clock.advance(60_000);
  lines.say("warn", "origin.refused", { origin: "another" });
  assert.deepEqual(written.at(-1)?.fields, { origin: "another" });
  lines.stop();
});

Deno.test("what is still to be told is written at the end, and no timer goes on", async () => {
  const { clock, written, lines } = create();
  for (let i = 0; i < 3; i++) lines.say("warn", "a.b", {});
  lines.stop();
  assert.deepEqual(written.map(({ fields }) => fields), [{}, { suppressed: 2 }]);
  await clock.advance(600_000);
  assert.equal(written.length, 2);
});
