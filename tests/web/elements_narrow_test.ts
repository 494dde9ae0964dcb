import assert from "node:assert/strict";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { openElementPage } from "../drivers/element_page.ts";

const ignore = CHROMIUM === undefined;
const INBOX = `<main><bellwire-inbox token-url="/token"></bellwire-inbox></main>`;

/** As long as its fields may be, in words that are as long. */
const LONG = {
  to: { user: "ada" },
  title: "W".repeat(200),
  body: "x".repeat(4_000),
  category: "c".repeat(64),
  actions: [
    { id: "a", label: "L".repeat(64) },
    { id: "b", label: "M".repeat(64), url: "https://example.com/" },
    { id: "c", label: "short" },
  ],
};

Deno.test(
  "on a page 320 pixels wide nothing of a notification is cut off, however long its words are",
  { ignore },
  async () => {
    await using app = await openElementPage({
      body: INBOX,
      context: { viewport: { width: 320, height: 480 } },
      before: (service) => service.published(LONG),
    });
    const { page } = app;
    await page.locator("bellwire-inbox").getByRole("listitem").waitFor();
    const beyond = await page.evaluate(`
      [...document.querySelector("bellwire-inbox").shadowRoot.querySelectorAll("*")]
        .filter((element) => element.getBoundingClientRect().right > innerWidth)
        .map(({ className }) => className)
    `);
    assert.deepEqual(beyond, []);
  },
);

Deno.test(
  "a notification that is higher than the window is seen once it fills most of that",
  { ignore },
  async () => {
    await using app = await openElementPage({
      body: INBOX,
      context: { viewport: { width: 320, height: 256 } },
      before: (service) => service.published(LONG),
    });
    const { page, service } = app;
    await page.locator("bellwire-inbox").getByRole("listitem").waitFor();
    await page.evaluate(
      `document.querySelector("bellwire-inbox").shadowRoot.querySelector("li").scrollIntoView()`,
    );
    await eventually(
      async () => (await service.inbox("ada")).every(({ seen }) => seen),
      "it to be seen",
    );
  },
);
