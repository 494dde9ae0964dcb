// deno-lint-ignore-file no-console -- tells what it measured, which is not for a test to judge
import assert from "node:assert/strict";
import { CHROMIUM } from "../support/chromium.ts";
import { eventually } from "../support/deadline.ts";
import { openElementPage } from "../support/element_page.ts";
import type { Service } from "../support/service.ts";

const ignore = CHROMIUM === undefined;
const MANY = 1_000;
const BATCH = 100;

async function publishMany(service: Service): Promise<void> {
  for (let from = 1; from <= MANY; from += BATCH) {
    const entries = Array.from({ length: BATCH }, (_, i) => ({
      to: { user: "ada" },
      title: `Number ${from + i}`,
      body: "All 214 checks passed on main, and nothing else is to be said about it.",
    }));
    const answer = await service.fetch("/v1/notifications/batch", {
      method: "POST",
      headers: { "authorization": `Bearer ${service.key}`, "content-type": "application/json" },
      body: JSON.stringify({ notifications: entries }),
    });
    assert.equal(answer.status, 200, await answer.text());
  }
}

Deno.test(
  "an inbox of a thousand can be scrolled to its end, and what arrives meanwhile is on top",
  { ignore },
  async () => {
    await using app = await openElementPage({
      before: publishMany,
      body: `<main><bellwire-inbox token-url="/token"></bellwire-inbox></main>`,
      script: `globalThis.long = [];
      new PerformanceObserver((list) => long.push(...list.getEntries().map((it) => it.duration)))
        .observe({ type: "longtask" });`,
    });
    const { page } = app;
    const inbox = page.locator("bellwire-inbox");
    const rows = () => inbox.locator("li").count();
    await eventually(async () => await rows() > 0, "the list");
    await eventually(async () => {
      await page.evaluate(`(() => {
      const it = document.querySelector("bellwire-inbox").shadowRoot.querySelector(".scroller");
      it.scrollTop = it.scrollHeight;
    })()`);
      return await rows() === MANY;
    }, `all ${MANY} rows`);
    await app.publish({ title: "Just arrived" });
    await inbox.getByRole("button", { name: "1 new" }).click();
    const first = inbox.getByRole("listitem").first();
    await first.getByText("Just arrived").waitFor();
    const long = await page.evaluate<number[]>("long");
    console.log(`Tasks over 50 ms: ${long.length}, the longest ${Math.max(0, ...long)} ms`);
  },
);
