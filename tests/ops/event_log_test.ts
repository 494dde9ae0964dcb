import assert from "node:assert/strict";
import { Failure } from "../../src/feeds/error_reports.ts";
import { CloseCode } from "../../src/gateway/protocol/close_code.ts";
import type { Session } from "../../src/gateway/session/session.ts";
import { EventLog } from "../../src/ops/event_log.ts";
import type { Log, LogFields } from "../../src/ops/log.ts";
import type { Publisher } from "../../src/store/publish/publisher.ts";
import { createTestApp } from "../drivers/test_app.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";
import { overloaded } from "../../src/errors.ts";

interface Line {
  readonly level: string;
  readonly event: string;
  readonly fields: LogFields;
}

function create() {
  const clock = new VirtualClock();
  const lines: Line[] = [];
  const writer = (level: string) => (event: string, fields: LogFields = {}) =>
    void lines.push({ level, event, fields });
  const log: Log = {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
    context: { instance: "first" },
  };
  return { clock, lines, log, events: new EventLog({ log, clock }) };
}

const BROKEN = new TypeError("Broken");

Deno.test("what fails in the background is named by its job, once a minute with the number of the others", async () => {
  const { clock, lines, events } = create();
  for (let i = 0; i < 100; i++) {
    events.backgroundFailed(new Failure("sweeper", { cause: BROKEN, more: i === 1 ? 7 : 0 }));
  }
  events.backgroundFailed(new Failure("lease", { cause: BROKEN, more: 0 }));
  assert.deepEqual(lines.map(({ event, fields }) => [event, fields.job, fields.error]), [
    ["background.failed", "sweeper", BROKEN],
    ["background.failed", "lease", BROKEN],
  ]);
  await clock.advance(60_000);
  assert.deepEqual(lines.slice(2).map(({ fields }) => [fields.job, fields.suppressed]), [
    ["sweeper", 106],
  ]);
  events.stop();
});

Deno.test("a publish that finds no room is told with its publisher and the reason, alone or in a batch", async () => {
  const { lines, events } = create();
  const publisher = {
    publish: () => Promise.reject(overloaded(1_000, "drain")),
    publishAll: ({ entries }: { entries: readonly unknown[] }) =>
      Promise.resolve({
        results: entries.map(() => ({ failed: overloaded(1_000, "bytes") })),
        replayed: false,
      }),
  } as unknown as Publisher;
  const { app, key, publish } = await createTestApp({ publisher, events });
  const one = { to: { user: "ada" }, title: "T" };
  const refused = await publish(one);
  assert.equal(refused.status, 503);
  for (let i = 0; i < 9; i++) assert.equal((await publish(one)).status, 503);
  const batch = await app.request("/v1/notifications/batch", {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ notifications: [one, one] }),
  });
  assert.equal(batch.status, 200);
  assert.deepEqual(
    lines.map(({ event, fields }) => [event, fields.publisher, fields.reason, fields.route]),
    [
      [
        "call.overloaded",
        "ci",
        "More waits in the write queue than the store writes in time",
        "/v1/notifications",
      ],
      [
        "call.overloaded",
        "ci",
        "The write queue holds as many bytes as it may",
        "/v1/notifications/batch",
      ],
    ],
  );
  assert.equal(lines[0]?.fields.requestId, refused.headers.get("x-request-id"));
  events.stop();
  assert.deepEqual(lines.slice(2).map(({ fields }) => fields.suppressed), [9, 1]);
});

Deno.test("instances that come, leave and are given up are named, and who goes on under another id", () => {
  const { lines, log, events } = create();
  for (const change of ["joined", "left", "evicted"] as const) {
    events.peerChanged({ id: "other", change });
  }
  events.rejoined("second");
  assert.deepEqual(lines.map(({ level, event, fields }) => [level, event, fields]), [
    ["info", "instance.joined", { peer: "other" }],
    ["info", "instance.left", { peer: "other" }],
    ["warn", "instance.evicted", { peer: "other" }],
    ["warn", "instance.reborn", { instance: "second", previous: "first" }],
  ]);
  assert.equal(log.context?.instance, "second");
});

Deno.test("a connection that ends is told of where its client or the configuration is why, and else not", () => {
  const { lines, events } = create();
  const session = (isWelcomed: boolean) => ({ id: "s", isWelcomed }) as unknown as Session;
  const end = (code: CloseCode, isWelcomed: boolean) =>
    events.sessionEnded(session(isWelcomed), { code, reason: "Why" });
  end(CloseCode.goingAway, true);
  end(CloseCode.tokenExpired, true);
  end(CloseCode.revoked, true);
  end(CloseCode.noPong, true);
  events.sessionEnded(session(true), undefined);
  assert.equal(lines.length, 0);
  end(CloseCode.tokenExpired, false);
  end(CloseCode.revoked, false);
  end(CloseCode.rateLimited, true);
  end(CloseCode.atCapacity, false);
  end(CloseCode.tooManyConnections, false);
  assert.deepEqual(lines.map(({ level, event, fields }) => [level, event, fields.code]), [
    ["info", "login.refused", 4003],
    ["warn", "login.refused", 4503],
    ["warn", "session.rate_limited", 4013],
    ["warn", "session.refused", 4014],
    ["warn", "session.refused", 4504],
  ]);
  events.stop();
});
