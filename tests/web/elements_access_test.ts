import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { violations } from "../drivers/axe.ts";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { type ElementPage, openElementPage } from "../drivers/element_page.ts";

const ignore = CHROMIUM === undefined;

async function withItems(app: ElementPage): Promise<void> {
  await app.publish({ title: "Build finished", body: "All green", category: "builds" });
  await app.publish({ title: "Invoice is overdue", priority: "high", url: "/invoices/1" });
  await app.publish({
    title: "Latency is high",
    priority: "urgent",
    actions: [{ id: "ack", label: "Acknowledge" }, { id: "more", label: "More", url: "/more" }],
  });
  await app.page.locator("main").getByRole("listitem").nth(2).waitFor();
  // Colours are judged once nothing fades any more.
  await app.page.evaluate("Promise.all(document.getAnimations().map((it) => it.finished))");
}

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(
    `a scan for accessibility finds nothing in the elements, in ${colorScheme}`,
    { ignore },
    async () => {
      await using app = await openElementPage({
        context: { colorScheme, reducedMotion: "reduce" },
      });
      const { page } = app;
      const inbox = page.locator("main bellwire-inbox");
      await inbox.getByText("Nothing here yet").waitFor();
      assert.deepEqual(await violations(page), []);
      await withItems(app);
      assert.deepEqual(await violations(page), []);
      await inbox.getByRole("listitem").first().hover();
      assert.deepEqual(await violations(page), []);
      await inbox.getByRole("button", { name: "Mark all as read" }).click();
      await inbox.getByRole("listitem").first().getByRole("button", { name: "Archive" }).click();
      await inbox.getByRole("radio", { name: "Archived" }).check();
      assert.deepEqual(await violations(page), []);
      await page.getByRole("button", { name: /^Notifications/ }).click();
      await page.getByRole("dialog").getByRole("listitem").first().waitFor();
      assert.deepEqual(await violations(page), []);
    },
  );
}

/** The accessible name of what has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate(`(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at?.ariaLabel ?? at?.labels?.[0]?.textContent ?? at?.textContent ?? "";
  })()`);
}

Deno.test("the bell can be used with the keyboard alone", { ignore }, async () => {
  await using app = await openElementPage();
  const { page } = app;
  const { keyboard } = page;
  await withItems(app);
  const presses = async (key: string, name: RegExp) => {
    await keyboard.press(key);
    await eventually(async () => name.test(await focused(page)), () => `${key} to lead to ${name}`);
  };
  await presses("Tab", /^Home$/);
  await presses("Tab", /^Notifications, 3 unread$/);
  await presses("Enter", /^Notifications$/);
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("listitem").nth(2).waitFor();
  await presses("Tab", /^Mark all as read$/);
  await presses("Tab", /^All$/);
  await presses("Tab", /Latency is high$/);
  await presses("ArrowDown", /Invoice is overdue$/);
  await presses("End", /Build finished$/);
  await presses("Tab", /^Mark as read$/);
  await presses("Space", /^Mark as unread$/);
  await presses("Shift+Tab", /Build finished$/);
  await presses("Home", /Latency is high$/);
  await presses("Delete", /Invoice is overdue$/);
  await presses("Delete", /Build finished$/);
  await presses("Delete", /^Notifications$/);
  await dialog.getByText("Nothing here yet").waitFor();
  await presses("Escape", /^Notifications$/);
  await dialog.waitFor({ state: "hidden" });
  const button = page.locator("bellwire-bell").getByRole("button").first();
  assert.equal(await button.getAttribute("aria-expanded"), "false");
  await presses("Enter", /^Notifications$/);
  await dialog.waitFor();
  await presses("Tab", /^All$/);
  await presses("ArrowLeft", /^Archived$/);
  await dialog.getByRole("listitem").nth(2).waitFor();
  await presses("Shift+Tab", /^Notifications$/);
  await presses("Shift+Tab", /^Home$/);
  await dialog.waitFor({ state: "hidden" });
});

Deno.test("in forced colours it shows how many are unread and which filter is on", {
  ignore,
}, async () => {
  await using app = await openElementPage({ context: { forcedColors: "active" } });
  const { page } = app;
  await withItems(app);
  const border = await page.evaluate(`getComputedStyle(
    document.querySelector("bellwire-bell").shadowRoot.querySelector("[part=badge]"),
  ).borderTopWidth`);
  assert.equal(border, "1px");
  const colours = await page.evaluate(`
    [...document.querySelector("main bellwire-inbox").shadowRoot.querySelectorAll("[part=filter]")]
      .map((filter) => getComputedStyle(filter).backgroundColor)
  `);
  assert.equal(new Set(colours as string[]).size, 2);
});

Deno.test("the focus stays where it is when the page changes its language", {
  ignore,
}, async () => {
  await using app = await openElementPage({
    script: `bellwire.defineTexts("de", { archive: "Archivieren" });`,
  });
  const { page } = app;
  await withItems(app);
  const row = page.locator("main bellwire-inbox").getByRole("listitem").nth(1);
  await row.locator("[part=title]").focus();
  await page.evaluate(`document.documentElement.lang = "de"`);
  await row.getByRole("button", { name: "Archivieren" }).waitFor();
  await eventually(
    async () => /Invoice is overdue$/.test(await focused(page)),
    "the focus to be back",
  );
});
