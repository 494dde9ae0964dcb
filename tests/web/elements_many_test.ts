import assert from "node:assert/strict";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { type ElementPage, openElementPage } from "../drivers/element_page.ts";
import type { Service } from "../drivers/service.ts";

const ignore = CHROMIUM === undefined;
const MANY = 1_000;
const BATCH = 100;
/** As many rows are loaded at a time. */
const PAGE = 50;

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

/** The part of the inbox that scrolls. */
const LIST = `document.querySelector("bellwire-inbox").shadowRoot.querySelector(".scroller")`;

Deno.test(
  "an inbox of a thousand can be scrolled to its end, and an arrival leaves most of its rows alone",
  { ignore },
  async () => {
    await using app = await openElementPage({
      before: publishMany,
      body: `<main><bellwire-inbox token-url="/token"></bellwire-inbox></main>`,
    });
    const { page } = app;
    const inbox = page.locator("bellwire-inbox");
    const rows = () => inbox.locator("li").count();
    await eventually(async () => await rows() > 0, "the list");
    assert(await rows() <= 2 * PAGE, `${await rows()} rows before anybody has scrolled`);
    await eventually(async () => {
      await page.evaluate(`${LIST}.scrollTop = ${LIST}.scrollHeight`);
      return await rows() === MANY;
    }, `all ${MANY} rows`);
    // Rows that are seen by now, and a minute that has passed, may change some more.
    const changes = await changesBy(app, "Just arrived");
    assert(changes < MANY / 4, `${changes} changes of the page for one arrival`);
    const skipped = await page.evaluate(`[...${LIST}.querySelectorAll("li")].filter((row) =>
      !row.firstElementChild.checkVisibility({ contentVisibilityAuto: true })).length`);
    assert(Number(skipped) > MANY - PAGE, `only ${skipped} rows are left out of the layout`);
    await inbox.getByRole("button", { name: "1 new" }).click();
    await inbox.getByRole("listitem").first().getByText("Just arrived").waitFor();
  },
);

/** How many changes of the page something that arrives brings about. */
async function changesBy({ page, publish }: ElementPage, title: string): Promise<number> {
  await page.evaluate(`globalThis.changes = 0,
    globalThis.observer = new MutationObserver((list) => changes += list.length),
    observer.observe(document.querySelector("bellwire-inbox").shadowRoot,
      { subtree: true, childList: true, attributes: true, characterData: true })`);
  await publish({ title });
  // The live region says it last, and after that nothing is left to do.
  await page.locator("bellwire-inbox").getByText(title).first().waitFor({ state: "attached" });
  await page.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))");
  return await page.evaluate<number>("(observer.disconnect(), changes)");
}
