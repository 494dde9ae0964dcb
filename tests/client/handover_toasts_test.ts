import assert from "node:assert/strict";
import { CHROMIUM } from "../drivers/chromium.ts";
import { ClientApp } from "./support/client_app.ts";

const ignore = CHROMIUM === undefined;

Deno.test(
  "what arrives in the moment in which another tab takes the lead is told by one toast",
  { ignore },
  async () => {
    await using app = await ClientApp.start({ windows: true });
    const tabs = [await app.open(), await app.open()];
    for (const tab of tabs) await tab.live();
    const titles = Array.from({ length: 12 }, (_, n) => `no. ${n}`);
    for (const [n, title] of titles.entries()) {
      await tabs[n % 2]?.look();
      await app.service.published({ to: { user: "ada" }, title });
      for (const tab of tabs) await tab.until(({ told }) => told.includes(title), title);
    }
    await app.service.connections(1);
    for (const tab of tabs) await tab.live();
    await app.service.published({ to: { user: "ada" }, title: "last" });
    let toasts: string[] = [];
    while (!toasts.includes("last")) {
      toasts = (await Promise.all(tabs.map((tab) => tab.shown()))).flatMap((it) => it.toasts);
    }
    assert.deepEqual(toasts.toSorted(), [...titles, "last"].toSorted());
  },
);
