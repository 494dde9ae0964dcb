import assert from "node:assert/strict";
import { Unauthorized } from "../../client/src/mod.ts";
import { eventually } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";
import { RealBrowser } from "./support/real_browser.ts";
import { ScriptedService } from "./support/scripted_service.ts";

/** The service does not listen there. */
const NOWHERE = "http://127.0.0.1:9";

Deno.test("an inbox is loaded once every stream that the welcome names is known, and stays so", async () => {
  using service = new ScriptedService();
  const { bell } = service;
  const counts = { unread: 0, unseen: 0 };
  const reset = (stream: string) => ({
    type: "reset",
    stream,
    reason: "new",
    items: [],
    epoch: "a",
    seq: 0,
    counts,
  });
  await service.comes(1);
  assert.equal(bell.getSnapshot().loaded, false);
  const stream = { epoch: "a", seq: 0, oldest: 1 };
  service.say({
    type: "welcome",
    user: "ada",
    heartbeatMs: 25_000,
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    streams: { user: stream, "topic:news": stream },
    counts,
  });
  service.say(reset("user"));
  assert.equal(bell.getSnapshot().loaded, false);
  service.say(reset("topic:news"));
  assert.equal(bell.getSnapshot().loaded, true);
  service.say({
    type: "change",
    stream: "user",
    seq: 1,
    live: true,
    op: "leave",
    target: "topic:news",
  });
  assert.equal(bell.getSnapshot().loaded, true);
  bell.close();
  assert.deepEqual(bell.getSnapshot().connection, { state: "closed", reason: "Closed" });
});

Deno.test("what lies on the disk counts as loaded without a network, and nothing does after logging out", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const getToken = () => service.token("ada");
  const first = browser.open(service.url, { getToken });
  await first.is("live");
  first.bell.close();
  const second = browser.open(service.url, { getToken, user: "ada" }, {
    transports: [
      (_, told) => {
        queueMicrotask(() => told.ended({ reason: "Blocked" }));
        return { send() {}, close() {} };
      },
    ],
  });
  await second.is("reconnecting");
  await eventually(() => second.bell.getSnapshot().loaded, "what was stored");
  await second.bell.logout();
  const { loaded, user, connection } = second.bell.getSnapshot();
  assert.deepEqual([loaded, user, connection.error?.code], [false, undefined, "signed_out"]);
  second.bell.retry();
  assert.equal(second.state, "closed");
});

Deno.test("a page that never reached the service is not loaded, and says why", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const away = browser.open(NOWHERE, { getToken: () => service.token("ada") });
  await away.is("reconnecting");
  assert.equal(away.bell.getSnapshot().loaded, false);
  const signedOut = browser.open(service.url, {
    getToken: () => {
      throw new Unauthorized();
    },
  });
  await signedOut.is("closed");
  const { loaded, connection } = signedOut.bell.getSnapshot();
  assert.deepEqual([loaded, connection.error?.code], [false, "signed_out"]);
});
