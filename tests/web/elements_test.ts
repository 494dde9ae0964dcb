import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { openElementPage } from "../drivers/element_page.ts";

const ignore = CHROMIUM === undefined;

/** The inbox of the page; that of the bell is another one. */
function inboxOf(page: Page): Locator {
  return page.locator("main bellwire-inbox");
}

function bellOf(page: Page): Locator {
  return page.locator("bellwire-bell").getByRole("button", { name: /^Notifications/ });
}

/** Waits until an inbox shows these, from top to bottom. */
async function shows(inbox: Locator, ...titles: string[]): Promise<void> {
  let shown: string[] = [];
  await eventually(
    async () => {
      shown = await inbox.locator("[part=title] > :last-child").allTextContents();
      return JSON.stringify(shown) === JSON.stringify(titles);
    },
    () => `${JSON.stringify(titles)} instead of ${JSON.stringify(shown)}`,
  );
}

/** Waits until the bell says so many are unread. */
async function unread(page: Page, count: number): Promise<void> {
  const name = count === 0 ? "Notifications" : `Notifications, ${count} unread`;
  await page.locator("bellwire-bell").getByRole("button", { name, exact: true }).waitFor();
}

Deno.test(
  "two lines on a page with a strict policy show what is published, live",
  { ignore },
  async () => {
    await using app = await openElementPage();
    const { page } = app;
    await inboxOf(page).getByText("Nothing here yet").waitFor();
    await app.publish({ title: "Build finished", body: "All green", category: "builds" });
    await shows(inboxOf(page), "Build finished");
    await unread(page, 1);
    await inboxOf(page).getByText("All green").waitFor();
    await page.getByRole("status").filter({ hasText: "New notification: Build finished" }).waitFor({
      state: "attached",
    });
    await bellOf(page).click();
    const dialog = page.getByRole("dialog", { name: "Notifications" });
    await shows(dialog, "Build finished");
    await app.publish({ title: "Another" });
    await shows(dialog, "Another", "Build finished");
    await shows(inboxOf(page), "Another", "Build finished");
    await page.getByRole("heading", { name: "An app" }).click();
    await dialog.waitFor({ state: "hidden" });
  },
);

Deno.test(
  "marks show at once and everywhere, and filters show what they say",
  { ignore },
  async () => {
    await using app = await openElementPage();
    const { page, service } = app;
    for (const title of ["one", "two", "three"]) await app.publish({ title });
    const inbox = inboxOf(page);
    await shows(inbox, "three", "two", "one");
    const row = inbox.getByRole("listitem").filter({ hasText: "two" });
    await row.hover();
    await row.getByRole("button", { name: "Mark as read" }).click();
    await unread(page, 2);
    await inbox.getByRole("radio", { name: "Unread" }).check();
    await shows(inbox, "three", "one");
    await inbox.getByRole("listitem").first().hover();
    await inbox.getByRole("button", { name: "Archive" }).first().click();
    await shows(inbox, "one");
    await inbox.getByRole("radio", { name: "Archived" }).check();
    await shows(inbox, "three");
    await inbox.getByRole("button", { name: "Mark all as read" }).click();
    await unread(page, 0);
    assert(await inbox.getByRole("button", { name: "Mark all as read" }).isDisabled());
    await inbox.getByRole("listitem").first().hover();
    await inbox.getByRole("button", { name: "Delete" }).click();
    await inbox.getByText("Nothing archived").waitFor();
    await inbox.getByRole("radio", { name: "All" }).check();
    await shows(inbox, "two", "one");
    await eventually(async () => {
      const items = await service.inbox("ada");
      return items.length === 2 && items.every(({ read }) => read);
    }, "the marks at the service");
  },
);

Deno.test("whoever has looked at notifications for a second has seen those, and no others", {
  ignore,
}, async () => {
  await using app = await openElementPage({
    before: async (service) => {
      for (let i = 1; i <= 20; i++) {
        await service.published({ to: { user: "ada" }, title: `${i}`, category: "below" });
      }
    },
    body:
      `<main><div class="room"></div><bellwire-inbox token-url="/token"></bellwire-inbox></main>`,
    // Below the edge of the window at first.
    script: `document.querySelector(".room").style.height = "2000px";`,
  });
  const { page, service } = app;
  await eventually(async () => (await inboxOf(page).getByRole("listitem").count()) > 5, "the list");
  const unseen = async () => {
    const answer = await service.fetch("/v1/inbox/counts", {
      headers: { authorization: `Bearer ${await service.token("ada")}` },
    });
    return (await answer.json()).unseen as number;
  };
  await app.publish({ title: "21" });
  await inboxOf(page).locator("[part=title]", { hasText: "21" }).waitFor();
  assert.equal(await unseen(), 21);
  await inboxOf(page).getByRole("listitem").first().scrollIntoViewIfNeeded();
  // The newest is seen, and with it all that are older.
  await eventually(async () => await unseen() === 0, "all to be seen");
  await unreadInList(page);
});

/** Seen is not read. */
async function unreadInList(page: Page): Promise<void> {
  assert(await inboxOf(page).locator("li[part~=unread]").count() > 5);
}

Deno.test(
  "what publishers write stays text, and leads to no place that is not safe",
  { ignore },
  async () => {
    await using app = await openElementPage();
    const { page } = app;
    await app.publish({
      title: "<img src=x onerror=alert(1)>",
      body: "<b>bold</b>",
      url: "/somewhere",
      icon: "javascript:alert(1)",
      actions: [{ id: "go", label: "Go", url: "https://example.com/x" }, {
        id: "stay",
        label: "Stay",
      }],
    });
    const inbox = inboxOf(page);
    await shows(inbox, "<img src=x onerror=alert(1)>");
    await inbox.getByText("<b>bold</b>").waitFor();
    assert.equal(await inbox.locator("img").count(), 0);
    assert.equal(
      await inbox.locator("[part=title]").getAttribute("href"),
      new URL("/somewhere", page.url()).href,
    );
    assert.equal(
      await inbox.getByRole("link", { name: "Go" }).getAttribute("href"),
      "https://example.com/x",
    );
  },
);

Deno.test(
  "an app hears what is chosen, and may do something else instead",
  { ignore },
  async () => {
    await using app = await openElementPage({
      script: `globalThis.heard = [];
      for (const name of ["bellwire-open", "bellwire-action"]) {
        document.addEventListener(name, (event) => {
          event.preventDefault();
          heard.push([name, event.detail.notification.title, event.detail.action ?? ""]);
        });
      }`,
    });
    const { page } = app;
    const address = page.url();
    await app.publish({ title: "Asked", url: "/away", actions: [{ id: "allow", label: "Allow" }] });
    const inbox = inboxOf(page);
    await inbox.getByRole("button", { name: "Allow" }).click();
    await inbox.getByRole("link", { name: "Asked" }).click();
    assert.deepEqual(await page.evaluate("heard"), [
      ["bellwire-action", "Asked", "allow"],
      ["bellwire-open", "Asked", ""],
    ]);
    assert.equal(page.url(), address);
    await unread(page, 0);
  },
);

Deno.test(
  "the elements speak the language of the page, and change it with the page",
  { ignore },
  async () => {
    await using app = await openElementPage({
      html: `lang="de-AT"`,
      script: `bellwire.defineTexts("de", {
      notifications: "Mitteilungen",
      bell: (unread) => unread === 0 ? "Mitteilungen" : "Mitteilungen, " + unread + " ungelesen",
      justNow: "gerade eben",
    });`,
    });
    const { page } = app;
    await app.publish({ title: "Hallo" });
    await page.getByRole("button", { name: "Mitteilungen, 1 ungelesen" }).waitFor();
    await inboxOf(page).getByRole("heading", { name: "Mitteilungen" }).waitFor();
    await inboxOf(page).getByText("gerade eben").waitFor();
    await inboxOf(page).getByText("Archived").waitFor();
    await page.evaluate(`document.documentElement.lang = "en"`);
    await unread(page, 1);
    await inboxOf(page).getByText("just now").waitFor();
  },
);

Deno.test(
  "an inbox that is moved to another place speaks the language of that",
  { ignore },
  async () => {
    await using app = await openElementPage({
      before: (service) => service.published({ to: { user: "ada" }, title: "one" }),
      body: `<main><bellwire-inbox token-url="/token"></bellwire-inbox><p lang="de"></p></main>`,
      script: `bellwire.defineTexts("de", { archive: "Archivieren" });`,
    });
    const { page } = app;
    await inboxOf(page).getByRole("button", { name: "Archive" }).waitFor();
    await page.evaluate(
      `document.querySelector("p").append(document.querySelector("bellwire-inbox"))`,
    );
    await inboxOf(page).getByRole("button", { name: "Archivieren" }).waitFor();
  },
);

Deno.test(
  "who is offline is told so, and what was marked meanwhile is done later",
  { ignore },
  async () => {
    await using app = await openElementPage();
    const { page, service, mishaps } = app;
    await app.publish({ title: "one" });
    await shows(inboxOf(page), "one");
    await page.context().setOffline(true);
    await inboxOf(page).getByText("You are offline").waitFor();
    await inboxOf(page).getByRole("button", { name: "Mark all as read" }).click();
    await unread(page, 0);
    assert.equal((await service.inbox("ada"))[0]?.read, false);
    await page.context().setOffline(false);
    await eventually(async () => (await service.inbox("ada"))[0]?.read, "the mark");
    await inboxOf(page).getByText("You are offline").waitFor({ state: "hidden" });
    // The browser reports connections that failed meanwhile.
    mishaps.splice(0, mishaps.length, ...mishaps.filter((text) => !/ERR_INTERNET/.test(text)));
  },
);
