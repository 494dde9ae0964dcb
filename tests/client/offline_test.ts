import assert from "node:assert/strict";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { FragileLink } from "../drivers/fragile_link.ts";
import { ClientApp } from "./support/client_app.ts";

const ignore = CHROMIUM === undefined;

async function publish(app: ClientApp, title: string) {
  await app.service.published({ to: { user: "ada" }, title });
}

Deno.test(
  "after a minute without a network a page has everything, once, and what was asked for is done",
  { ignore },
  async () => {
    await using app = await ClientApp.start();
    const context = await app.browser.newContext();
    await context.clock.install();
    const page = await app.open({ context });
    await page.live();
    await publish(app, "one");
    await page.shows("one");
    await page.run("globalThis.states = [], bell.on('connection', (c) => states.push(c.state)), 0");
    await context.setOffline(true);
    await page.until(({ state }) => state === "offline", "to be offline");
    await page.run("void bell.mark('read', bell.getSnapshot().items)");
    const titles = ["two", "three", "four"];
    for (const title of titles) {
      await publish(app, title);
      // The browser may be wrong, and so the page has tried again meanwhile.
      await context.clock.fastForward(20_000);
      await page.until(({ state }) => state === "offline", "to be offline still");
    }
    assert.deepEqual((await page.shown()).titles, ["one"]);
    await context.setOffline(false);
    const { told, read } = await page.shows("four", "three", "two", "one");
    assert.deepEqual(told, ["one", ...titles]);
    assert.deepEqual(read, [false, false, false, true]);
    await page.live();
    await eventually(
      async () => (await app.service.inbox("ada")).at(-1)?.read === true,
      "the mark",
    );
    const states = new Set(await page.run<string[]>("states"));
    // It reconnects once the network is back, unless it was just trying then.
    states.delete("reconnecting");
    assert.deepEqual([...states], ["offline", "live"]);
  },
);

Deno.test(
  "a connection that is dead without a word is noticed once the service's heartbeat fails to come, and made anew",
  { ignore },
  async () => {
    await using app = await ClientApp.start();
    await using link = FragileLink.to(app.service.url);
    app.serviceUrl = link.url;
    const context = await app.browser.newContext();
    await context.clock.install();
    const page = await app.open({ context });
    await page.live();
    await publish(app, "one");
    await page.shows("one");
    await page.run(
      "globalThis.reasons = [], bell.on('connection', (c) => reasons.push(c.reason)), 0",
    );
    link.cut();
    await page.run("void bell.mark('read', bell.getSnapshot().items)");
    await publish(app, "two");
    const state = async () => (await page.shown()).state;
    assert.equal(await state(), "live");
    // The service says something every 25 s.
    for (let seconds = 0; seconds <= 50 && await state() === "live"; seconds += 10) {
      await context.clock.fastForward(10_000);
    }
    assert.equal(await page.run("navigator.onLine"), true);
    assert.equal((await page.run<string[]>("reasons"))[0], "The service does not answer");
    // Whatever is tried is dead too, over sockets and over server-sent events.
    for (let i = 0; i < 6; i++) await context.clock.fastForward(16_000);
    assert.equal(await state(), "reconnecting");
    link.mend();
    // Attempts of before are dead still, and end after 15 s, each of which is given a real one.
    await eventually(async () => {
      const wait = page.until(({ state }) => state === "live", "to be live", 1_000);
      if (await wait.catch(() => undefined)) return true;
      await context.clock.fastForward(16_000);
      return false;
    }, "to be live again");
    const { told, read } = await page.shows("two", "one");
    assert.deepEqual([told, read], [["one", "two"], [false, true]]);
    await eventually(
      async () => (await app.service.inbox("ada"))[1]?.read === true,
      "the mark that went into the void",
    );
  },
);
