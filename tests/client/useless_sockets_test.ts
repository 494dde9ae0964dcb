import assert from "node:assert/strict";
import { type Clock, systemClock } from "../../client/src/clock.ts";
import { eventually } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";
import { type Behaviour, HostileProxy } from "./support/hostile_proxy.ts";
import { RealBrowser } from "./support/real_browser.ts";

/** What takes the client seconds takes it a fifth here. */
const clock: Clock = {
  ...systemClock,
  after: (ms, task) => systemClock.after(ms / 5, task),
};

for (
  const [behaviour, what] of [["drop", "stand and let nothing through"], ["cut", "break soon"]]
) {
  Deno.test(`where sockets ${what} it goes on over server-sent events, and over sockets once they work`, async () => {
    await using service = await Service.start();
    await using proxy = new HostileProxy(service.url, behaviour as Behaviour);
    using browser = new RealBrowser();
    const options = { getToken: () => service.token("ada"), user: "ada" };
    const tab = browser.open(proxy.url, options, { clock });
    await eventually(() => proxy.open.stream === 1, "a stream of events");
    await tab.is("live");
    await service.published({ to: { user: "ada" }, title: "one" });
    await tab.shows("one");
    await tab.bell.mark("read", tab.bell.getSnapshot().items);
    const states: string[] = [];
    tab.bell.on("connection", ({ state }) => states.push(state));

    // In another network that is as bad the stream goes on.
    const before = proxy.seen.filter((it) => it === "socket").length;
    tab.happens("online");
    await eventually(
      () => proxy.seen.filter((it) => it === "socket").length > before,
      "a socket to be tried",
    );
    await service.published({ to: { user: "ada" }, title: "two" });
    await tab.shows("two", "one");

    proxy.behaviour = "pass";
    tab.happens("online");
    await eventually(() => proxy.open.stream === 0, "the end of the stream");
    await service.published({ to: { user: "ada" }, title: "three" });
    await tab.shows("three", "two", "one");
    await tab.bell.mark("read", tab.bell.getSnapshot().items);
    await tab.is("live");
    if (behaviour === "drop") assert(states.every((state) => state === "live"), `${states}`);
  });
}

Deno.test("the page of a network that wants its visitors to sign in is no connection, and takes no mark", async () => {
  await using service = await Service.start();
  await using proxy = new HostileProxy(service.url, "portal");
  using browser = new RealBrowser();
  const options = { getToken: () => service.token("ada"), user: "ada" };
  const tab = browser.open(proxy.url, options, { clock });
  const states = new Set<string>();
  tab.bell.on("connection", ({ state }) => states.add(state));
  await eventually(
    () => proxy.seen.includes("stream") && tab.state === "reconnecting",
    "both kinds to be tried",
  );
  await assert.rejects(tab.bell.list(), { code: "unreachable" });
  await eventually(() => proxy.seen.filter((it) => it === "stream").length > 2, "more attempts");
  assert(!states.has("live"));
  assert.equal(tab.bell.getSnapshot().loaded, false);
  proxy.behaviour = "pass";
  tab.bell.retry();
  await tab.is("live");
});
