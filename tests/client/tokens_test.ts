import assert from "node:assert/strict";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { ClientApp } from "./support/client_app.ts";

const ignore = CHROMIUM === undefined;
const HOUR_S = 3_600;

async function publish(app: ClientApp, title: string) {
  await app.service.published({ to: { user: "ada" }, title });
}

Deno.test(
  "of three tabs one at a time asks for a token, and a token that is refused is replaced by one call",
  { ignore },
  async () => {
    const wishes = { secret: "the secret of the tokens that has 32 bytes" };
    await using app = await ClientApp.start({ wishes });
    await app.service.stop();
    await app.service.restart({ BELLWIRE_JWT_SECRET: wishes.secret });
    // The backend is slow enough for calls to overlap, and they all begin in the same moment.
    let opened = 0;
    app.beforeToken = async () => {
      await eventually(() => opened === 3, "all tabs");
      await new Promise((resolve) => setTimeout(resolve, 100));
    };
    const context = await app.browser.newContext();
    const tabs = await Promise.all([1, 2, 3].map(async () => {
      const tab = await app.open({ context });
      opened++;
      return tab;
    }));
    for (const tab of tabs) await tab.live();
    assert.equal(app.tokens, 3);

    await app.service.kill();
    wishes.secret = "another secret that also has 32 bytes";
    await app.service.restart({ BELLWIRE_JWT_SECRET: wishes.secret });
    await publish(app, "one");
    for (const tab of tabs) await tab.shows("one");
    assert.equal(app.tokens, 4);

    // Who goes on handing out what is refused is not asked for ever.
    await app.service.kill();
    await app.service.restart({ BELLWIRE_JWT_SECRET: "a third secret that nobody was told of" });
    for (const tab of tabs) await tab.until(({ state }) => state === "closed", "the end");
    assert.equal(app.tokens, 5);
    assert.equal(app.tokensAtOnce, 1);
  },
);

Deno.test(
  "a token that has expired while there was no network is replaced before it is used",
  { ignore },
  async () => {
    const wishes = { ttl: HOUR_S };
    await using app = await ClientApp.start({ wishes });
    const context = await app.browser.newContext();
    await context.clock.install();
    const page = await app.open({ context });
    await page.live();
    await context.setOffline(true);
    await page.until(({ state }) => state === "offline", "to be offline");
    await context.clock.fastForward(HOUR_S * 1_000);
    await publish(app, "one");
    // The page's clock is an hour ahead of the service's by now, and tokens have to be good for both.
    wishes.ttl = 3 * HOUR_S;
    await page.run(
      "globalThis.reasons = [], bell.on('connection', (c) => reasons.push(c.reason)), 0",
    );
    const tokens = app.tokens;
    await context.setOffline(false);
    await page.shows("one");
    await page.live();
    assert.equal(app.tokens, tokens + 1);
    assert(!(await page.run<string[]>("reasons")).some((reason) => /token/i.test(reason ?? "")));
  },
);
