import assert from "node:assert/strict";
import { within } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";
import { RealBrowser } from "./support/real_browser.ts";

/** A browser in which Ada was here before Grace, and left her notifications on the disk. */
async function afterAda(service: Service, browser: RealBrowser) {
  const ada = browser.open(service.url, { getToken: () => service.token("ada") });
  await ada.is("live");
  ada.bell.close();
  const grace = browser.open(service.url, { getToken: () => service.token("grace") });
  await grace.is("live");
  grace.happens("pagehide");
  grace.happens("pageshow");
  await grace.is("live");
  const names = ["ada", "grace"].map((user) => `bellwire ${service.url} ${user}`);
  assert.deepEqual([...browser.disk.keys()].toSorted(), names);
  return grace;
}

Deno.test("who logs out leaves nothing on the disk of those who were there before", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const grace = await afterAda(service, browser);
  browser.disk.set("bellwire http://other.example ada", grace.bell.getSnapshot() as never);
  await grace.bell.logout();
  assert.deepEqual([...browser.disk.keys()], ["bellwire http://other.example ada"]);
});

Deno.test("who logs out in a tab that does not lead, or does not know its user yet, ends the tab that leads", async () => {
  await using service = await Service.start();
  for (const isKnown of [true, false]) {
    using browser = new RealBrowser();
    const leader = await afterAda(service, browser);
    const token = Promise.withResolvers<string>();
    const getToken = () => isKnown ? service.token("grace") : token.promise;
    const other = browser.open(service.url, { getToken });
    if (isKnown) await other.is("live");
    await other.bell.logout();
    await leader.is("closed");
    assert.equal(leader.bell.getSnapshot().connection.error?.code, "signed_out");
    await service.published({ to: { user: "grace" }, title: "one" });
    assert.deepEqual([...browser.disk.keys()], []);
    token.resolve("");
  }
});

Deno.test("logging out ends without a network, and where the disk does not answer", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const grace = await afterAda(service, browser);
  grace.isOnline = false;
  grace.happens("offline");
  await grace.bell.logout();
  assert.equal(browser.disk.size, 0);
  const never = () => new Promise<never>(() => {});
  const stuck = browser.open(service.url, { getToken: () => service.token("grace") }, {
    storage: { load: never, save: never, wipe: never },
  });
  await stuck.is("live");
  await within(stuck.bell.logout(), "the end");
  assert.equal(stuck.state, "closed");
});
