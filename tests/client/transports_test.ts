import assert from "node:assert/strict";
import { environment } from "../../client/src/environment.ts";
import type { OpenTransport } from "../../client/src/transport.ts";
import { Service } from "../drivers/service.ts";
import { RealBrowser } from "./support/real_browser.ts";

Deno.test("a page goes over to server-sent events where sockets are blocked, back to sockets in another network, and misses nothing", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const options = { getToken: () => service.token("ada"), user: "ada" };
  const [sockets, events] = environment(service.url, options).transports;
  assert(events);
  let areBlocked = true;
  const kinds: string[] = [];
  const counted = (kind: string, open: OpenTransport): OpenTransport => (start, told) =>
    open(start, {
      ...told,
      opened() {
        kinds.push(kind);
        told.opened();
      },
    });
  const blocked: OpenTransport = (_, told) => {
    queueMicrotask(() => told.ended({ reason: "Blocked" }));
    return { send() {}, close() {} };
  };
  const tab = browser.open(service.url, options, {
    transports: [
      (start, told) => (areBlocked ? blocked : counted("sockets", sockets))(start, told),
      counted("events", events),
    ],
  });
  await tab.is("live");
  await service.published({ to: { user: "ada" }, title: "one" });
  await tab.shows("one");
  await tab.bell.mark("read", tab.bell.getSnapshot().items);

  tab.isOnline = false;
  tab.happens("offline");
  await service.published({ to: { user: "ada" }, title: "two" });
  areBlocked = false;
  tab.isOnline = true;
  tab.happens("online");
  await tab.shows("two", "one");
  await tab.is("live");
  assert.deepEqual(kinds, ["events", "sockets"]);

  tab.isOnline = false;
  tab.happens("offline");
  await service.published({ to: { user: "ada" }, title: "three" });
  areBlocked = true;
  tab.isOnline = true;
  tab.happens("online");
  await tab.shows("three", "two", "one");
  await tab.is("live");
  await tab.bell.mark("archive", tab.bell.getSnapshot().items);
  assert.deepEqual(kinds, ["events", "sockets", "events"]);
  assert.deepEqual(tab.bell.getSnapshot().items.map(({ read, archived }) => [read, archived]), [
    [false, true],
    [false, true],
    [true, true],
  ]);
});
