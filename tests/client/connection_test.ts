import assert from "node:assert/strict";
import { type Clock, systemClock } from "../../client/src/clock.ts";
import { BellwireError, Unauthorized } from "../../client/src/mod.ts";
import { Service } from "../drivers/service.ts";
import { RealBrowser } from "./support/real_browser.ts";

/** Nobody listens there. */
const NOWHERE = "http://127.0.0.1:9";

Deno.test("a page says that it is offline where there is no network, and only there", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const tab = browser.open(NOWHERE, { getToken: () => service.token("ada"), user: "ada" });
  await tab.is("reconnecting");
  tab.isOnline = false;
  tab.happens("offline");
  assert.equal(tab.state, "offline");
  tab.isOnline = true;
  tab.happens("online");
  assert.equal(tab.state, "reconnecting");
});

Deno.test("a page that is opened without a network says so", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const tab = browser.open(
    NOWHERE,
    { getToken: () => service.token("ada"), user: "ada" },
    { isOnline: () => false },
  );
  await tab.is("offline");
});

Deno.test("an answer of the app's backend that is no token is one that may pass", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  let isDown = false;
  const getToken = () => isDown ? "<h1>502 Bad Gateway</h1>" : service.token("ada");
  const first = browser.open(service.url, { getToken });
  await first.is("live");
  await service.published({ to: { user: "ada" }, title: "one" });
  await first.shows("one");
  first.bell.close();
  isDown = true;
  const second = browser.open(service.url, { getToken, user: "ada" });
  await second.is("reconnecting");
  await second.shows("one");
  isDown = false;
  await second.is("live");
});

Deno.test("a device whose clock is hours ahead asks for no token while its connection goes on", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const due: (() => void)[] = [];
  const clock: Clock = {
    now: () => Date.now() + 5 * 3_600_000,
    monotonic: systemClock.monotonic,
    after(ms, task) {
      // Whatever it wants to do soon is done when the test says so.
      if (ms > 5_000) return systemClock.after(ms, task);
      due.push(task);
      return { cancel: () => void due.splice(due.indexOf(task), due.includes(task) ? 1 : 0) };
    },
  };
  let calls = 0;
  const getToken = () => {
    calls++;
    return service.token("ada");
  };
  const tab = browser.open(service.url, { getToken, user: "ada" }, { clock });
  await tab.is("live");
  const before = calls;
  for (const task of due.splice(0)) task();
  await service.published({ to: { user: "ada" }, title: "one" });
  await tab.shows("one");
  assert.equal(calls, before);
});

Deno.test("why a connection was closed for good can be told in every tab", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const getToken = () => service.token("ada");
  const tabs = [];
  for (let i = 0; i < 2; i++) {
    const tab = browser.open(service.url, { getToken });
    await tab.is("live");
    tabs.push(tab);
  }
  await service.fetch("/v1/users/ada", {
    method: "DELETE",
    headers: { authorization: `Bearer ${service.key}` },
  });
  for (const tab of tabs) {
    await tab.is("closed");
    const { error, reason } = tab.bell.getSnapshot().connection;
    assert(error instanceof BellwireError);
    assert.deepEqual([error.code, error.closeCode, error.message], ["revoked", 4503, reason]);
  }
});

Deno.test("whoever signs in again on another page has notifications in all tabs again", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  let isSignedIn = true;
  const getToken = () => {
    if (!isSignedIn) throw new Unauthorized();
    return service.token("ada", { ttl: 3 });
  };
  const first = browser.open(service.url, { getToken });
  await first.is("live");
  isSignedIn = false;
  await first.is("closed");
  isSignedIn = true;
  const second = browser.open(service.url, { getToken });
  await second.is("live");
  await first.is("live");
});

Deno.test("a page that comes back from the browser's cache shows at once what it has missed", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const getToken = () => service.token("ada");
  const leader = browser.open(service.url, { getToken });
  await leader.is("live");
  const other = browser.open(service.url, { getToken });
  await other.is("live");
  other.isAway = true;
  await service.published({ to: { user: "ada" }, title: "one" });
  await leader.shows("one");
  other.isAway = false;
  other.happens("pageshow");
  await other.shows("one");
});
