import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { type ElementPage, openElementPage } from "../drivers/element_page.ts";

const ignore = CHROMIUM === undefined;
const BELL = `<header><bellwire-bell token-url="/token"></bellwire-bell></header>`;

/** As the README has it for routers. */
const ROUTER = `globalThis.routed = [];
document.addEventListener("bellwire-open", (event) => {
  if (event.detail.newTab) return;
  event.preventDefault();
  routed.push(event.detail.notification.url);
});`;

/** Every way to open what a notification leads to. */
const WAYS: readonly {
  readonly how: string;
  readonly open: (page: Page, link: Locator) => Promise<void>;
  readonly leavesPage?: boolean;
}[] = [
  { how: "a click", open: (_, link) => link.click(), leavesPage: true },
  {
    how: "Enter",
    open: async (page, link) => {
      await link.focus();
      await page.keyboard.press("Enter");
    },
    leavesPage: true,
  },
  { how: "a click with Ctrl", open: (_, link) => link.click({ modifiers: ["Control"] }) },
  { how: "a middle click", open: (_, link) => link.click({ button: "middle" }) },
];

async function openPanel({ page, publish }: ElementPage, fields = {}): Promise<Locator> {
  await publish({ title: "Invoice 7", url: "/?invoice", ...fields });
  await page.getByRole("button", { name: "Notifications, 1 unread" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("listitem").waitFor();
  return dialog;
}

async function isRead({ service }: ElementPage): Promise<void> {
  await eventually(
    async () => (await service.inbox("ada")).every(({ read }) => read),
    "the notification to be read",
  );
}

for (const { how, open, leavesPage = false } of WAYS) {
  Deno.test(`what is opened from the bell by ${how} is read`, { ignore }, async () => {
    await using app = await openElementPage({ body: BELL });
    const { page } = app;
    const dialog = await openPanel(app);
    const tab = leavesPage ? undefined : page.context().waitForEvent("page");
    await open(page, dialog.getByRole("link", { name: "Invoice 7" }));
    if (leavesPage) await page.waitForURL(/invoice$/);
    else await (await tab)?.waitForURL(/invoice$/);
    await isRead(app);
  });

  Deno.test(`a router hears of ${how}, and the notification is read`, { ignore }, async () => {
    await using app = await openElementPage({ body: BELL, script: ROUTER });
    const { page } = app;
    const address = page.url();
    const dialog = await openPanel(app);
    const tab = leavesPage ? undefined : page.context().waitForEvent("page");
    await open(page, dialog.getByRole("link", { name: "Invoice 7" }));
    await isRead(app);
    await tab;
    assert.deepEqual(await page.evaluate("routed"), leavesPage ? ["/?invoice"] : []);
    assert.equal(page.url(), address);
    if (leavesPage) await dialog.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
  });

  Deno.test(`a button of a notification that leads somewhere, and ${how}`, { ignore }, async () => {
    await using app = await openElementPage({
      body: BELL,
      script: `document.addEventListener("bellwire-action", ({ detail }) => {
        // An app may take the bell away at once, as one whose router draws another page does.
        if (!detail.newTab) document.querySelector("bellwire-bell").remove();
      });`,
    });
    const { page } = app;
    const dialog = await openPanel(app, {
      actions: [{ id: "pay", label: "Pay", url: "/?invoice" }],
    });
    const tab = leavesPage ? undefined : page.context().waitForEvent("page");
    await open(page, dialog.getByRole("link", { name: "Pay" }));
    if (leavesPage) await page.waitForURL(/invoice$/);
    else await (await tab)?.waitForURL(/invoice$/);
    await isRead(app);
  });
}

Deno.test("no other button of the mouse opens anything", { ignore }, async () => {
  await using app = await openElementPage({ body: BELL });
  const { page, service } = app;
  const dialog = await openPanel(app);
  const row = dialog.getByRole("listitem");
  await row.getByRole("link", { name: "Invoice 7" }).click({ button: "right" });
  await row.hover();
  await row.getByRole("button", { name: "Archive" }).click({ button: "middle" });
  await row.getByRole("button", { name: "Mark as read" }).click();
  await row.getByRole("button", { name: "Mark as unread" }).click();
  await page.getByRole("button", { name: "Notifications, 1 unread" }).waitFor();
  const [item] = await service.inbox("ada");
  assert.equal(item?.archived, false);
});

Deno.test(
  "a popover that the page hides as soon as it has the focus leaves nothing behind",
  { ignore },
  async () => {
    await using app = await openElementPage({
      body: BELL,
      script: `const bell = document.querySelector("bellwire-bell");
      globalThis.watching = 0;
      globalThis.ResizeObserver = class extends ResizeObserver {
        observe(element) { watching++; super.observe(element); }
        disconnect() { watching--; super.disconnect(); }
      };
      bell.addEventListener("focusin", () => bell.hide());
      globalThis.ready = true;`,
    });
    const { page } = app;
    await eventually(() => page.evaluate("globalThis.ready"), "the script");
    // The page hears of the focus where it comes from outside of the element.
    const left = await page.evaluate(`(() => {
      const bell = document.querySelector("bellwire-bell");
      bell.show();
      return { open: bell.open, watching };
    })()`);
    assert.deepEqual(left, { open: false, watching: 0 });
  },
);
