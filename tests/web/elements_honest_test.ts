import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { openElementPage } from "../drivers/element_page.ts";
import type { Service } from "../drivers/service.ts";

const ignore = CHROMIUM === undefined;
const INBOX = `<main><bellwire-inbox token-url="/token"></bellwire-inbox></main>`;
const BOTH =
  `<header><bellwire-bell></bellwire-bell></header><main><bellwire-inbox></bellwire-inbox></main>`;
/** The elements of the page get a bell that the test can reach. */
const BELL = (service: string, getToken = `() => fetch("/token").then((it) => it.text())`) =>
  `globalThis.bell = bellwire.connect(${service}, { getToken: ${getToken} });
for (const element of document.querySelectorAll("bellwire-bell, bellwire-inbox")) element.bell = bell;`;
/** Where the page's script was loaded from. */
const SERVICE = `new URL(document.querySelector("script").src).origin`;
/** Of connections and calls that fail, which the browser reports. */
const FAILURES = /Failed to load resource|WebSocket|EventSource|CORS|ERR_|bellwire|Bellwire/i;

/** Publishes 3 notifications that stay unread, and 120 newer ones that are read. */
async function publishOldUnread(service: Service): Promise<void> {
  for (let from = 1; from <= 123; from += 41) {
    const notifications = Array.from(
      { length: 41 },
      (_, i) => ({ to: { user: "ada" }, title: from + i <= 3 ? `Unread ${from + i}` : "Read" }),
    );
    await post(service, "/v1/notifications/batch", { notifications }, service.key);
  }
  const token = await service.token("ada");
  await post(service, "/v1/inbox/marks", { op: "read", upTo: 123 }, token);
  await post(service, "/v1/inbox/marks", { op: "unread", items: [1, 2, 3] }, token);
}

async function post(service: Service, path: string, body: unknown, bearer: string) {
  const answer = await service.fetch(path, {
    method: "POST",
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert(answer.ok, await answer.text());
}

/** What an empty list of each filter says. */
const CLAIMS = ["Nothing here yet", "You’re all caught up", "Nothing archived"];

async function claimsNothing(inbox: Locator): Promise<void> {
  for (const claim of CLAIMS) assert.equal(await inbox.getByText(claim).isVisible(), false, claim);
}

for (
  const [what, token] of [
    ["that gives no token", () => new Response("Out of order", { status: 500 })],
    ["whose token the service refuses", async (service: Service) => {
      const [head, claims] = (await service.token("ada")).split(".");
      return new Response(`${head}.${claims}.${"A".repeat(43)}`);
    }],
  ] as const
) {
  Deno.test(`with a backend ${what} nothing is said to be empty, and trying again helps`, {
    ignore,
  }, async () => {
    let works = false;
    await using app = await openElementPage({
      body: INBOX,
      before: (service) => service.published({ to: { user: "ada" }, title: "Hello" }),
      token: async (service) =>
        works ? new Response(await service.token("ada")) : await token(service),
      expects: FAILURES,
    });
    const inbox = app.page.locator("bellwire-inbox");
    await inbox.getByText("Notifications can’t be loaded").waitFor();
    for (const filter of ["Unread", "Archived", "All"]) {
      await inbox.getByRole("radio", { name: filter }).check();
      await inbox.getByText("Notifications can’t be loaded").waitFor();
      await claimsNothing(inbox);
    }
    works = true;
    await inbox.getByRole("button", { name: "Try again" }).click();
    await inbox.getByRole("listitem").filter({ hasText: "Hello" }).waitFor();
    await inbox.getByText("Notifications can’t be loaded").waitFor({ state: "hidden" });
  });
}

Deno.test("on an origin that the service refuses nothing is said to be empty", {
  ignore,
}, async () => {
  await using app = await openElementPage({
    body: INBOX,
    origins: "https://elsewhere.example.com",
    expects: FAILURES,
  });
  const inbox = app.page.locator("bellwire-inbox");
  await inbox.getByText("Notifications can’t be loaded").waitFor();
  await inbox.getByRole("button", { name: "Try again" }).waitFor();
  await claimsNothing(inbox);
});

Deno.test("where nobody is signed in the inbox says so, and has no button for it", {
  ignore,
}, async () => {
  await using app = await openElementPage({
    body: INBOX,
    token: () => new Response("Sign in first", { status: 401 }),
    expects: FAILURES,
  });
  const inbox = app.page.locator("bellwire-inbox");
  await inbox.getByText("You are signed out").waitFor();
  assert.equal(await inbox.getByRole("button", { disabled: false }).count(), 0);
  await claimsNothing(inbox);
});

for (
  const [end, says] of [
    ["logout", "You are signed out"],
    ["close", "Notifications are not available right now."],
  ] as const
) {
  Deno.test(`after ${end}() no button is left that does nothing`, { ignore }, async () => {
    await using app = await openElementPage({
      body: BOTH,
      script: BELL(SERVICE),
      expects: FAILURES,
    });
    const { page } = app;
    await app.publish({ title: "Hello" });
    const inbox = page.locator("main bellwire-inbox");
    await inbox.getByRole("listitem").waitFor();
    await page.evaluate(`bell.${end}()`);
    await inbox.getByText(says).first().waitFor();
    await claimsNothing(inbox);
    const left = inbox.getByRole("button", { disabled: false });
    // What a notification says can still be opened, where there is one.
    const titles = end === "close" ? ["Unread: Hello"] : [];
    assert.deepEqual(await left.allTextContents(), titles);
    await page.getByRole("button", { name: /^Notifications/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(says).first().waitFor();
    assert.deepEqual(
      await dialog.getByRole("button", { disabled: false }).allTextContents(),
      titles,
    );
  });
}

Deno.test("unread notifications that are not loaded are loaded, or said to be missing", {
  ignore,
}, async () => {
  await using app = await openElementPage({
    before: publishOldUnread,
    body: BOTH,
    script: BELL(SERVICE),
    expects: FAILURES,
  });
  const { page } = app;
  const inbox = page.locator("main bellwire-inbox");
  await page.getByRole("button", { name: "Notifications, 3 unread" }).waitFor();
  await inbox.getByText("Read").nth(3).waitFor();
  await page.context().setOffline(true);
  await inbox.getByText("You are offline").waitFor();
  await inbox.getByRole("radio", { name: "Unread" }).check();
  await inbox.getByText("Older notifications are not on this device").waitFor();
  await claimsNothing(inbox);
  await inbox.getByRole("radio", { name: "Archived" }).check();
  await inbox.getByText("Older notifications are not on this device").waitFor();
  await claimsNothing(inbox);
  await inbox.getByRole("radio", { name: "Unread" }).check();
  await page.context().setOffline(false);
  await inbox.getByRole("listitem").filter({ hasText: "Unread 1" }).waitFor();
  assert.equal(await inbox.getByRole("listitem").count(), 3);
});

Deno.test("where the service counts nothing unread, no page is loaded to know it", {
  ignore,
}, async () => {
  await using app = await openElementPage({
    before: async (service) => {
      await publishOldUnread(service);
      const token = await service.token("ada");
      await post(service, "/v1/inbox/marks", { op: "read", upTo: 123 }, token);
    },
    body: BOTH.replace("<bellwire-inbox", `<bellwire-inbox filter="unread"`),
    script: BELL(SERVICE),
  });
  const { page } = app;
  const inbox = page.locator("main bellwire-inbox");
  await inbox.getByText("You’re all caught up").waitFor();
  assert.equal(await page.evaluate("bell.getSnapshot().hasMore"), true);
});

Deno.test("a page of the list that can't be loaded is not taken for an empty one", {
  ignore,
}, async () => {
  await using app = await openElementPage({
    before: publishOldUnread,
    body: BOTH,
    script: BELL(SERVICE),
    expects: FAILURES,
  });
  const { page, service } = app;
  const inbox = page.locator("main bellwire-inbox");
  const pages = `${service.url}/v1/inbox?*`;
  await page.route(pages, (route) => route.abort());
  await inbox.getByText("Read").nth(3).waitFor();
  await inbox.getByRole("radio", { name: "Archived" }).check();
  await inbox.getByText("Notifications can’t be loaded").waitFor();
  await claimsNothing(inbox);
  await page.unroute(pages);
  await inbox.getByRole("button", { name: "Try again" }).click();
  await inbox.getByText("Nothing archived").waitFor();
  // The button is gone, and the focus is not lost with it.
  const focused = await page.evaluate(
    `document.querySelector("main bellwire-inbox").shadowRoot.activeElement?.localName`,
  );
  assert.equal(focused, "h2");
});

Deno.test("an empty inbox without a connection says as of when it is empty", {
  ignore,
}, async () => {
  await using app = await openElementPage({ body: INBOX, expects: FAILURES });
  const { page } = app;
  const inbox = page.locator("bellwire-inbox");
  await inbox.getByText("New notifications will show up right away.").waitFor();
  await page.context().setOffline(true);
  await inbox.getByText("As of the last connection.").waitFor();
  await inbox.getByText("New notifications will show up right away.").waitFor({ state: "hidden" });
});

Deno.test("an answer that comes for an earlier bell changes nothing of the one that is shown", {
  ignore,
}, async () => {
  await using app = await openElementPage({
    body: BOTH,
    script: `${BELL(SERVICE)}
    const make = (loadMore, mark) => {
      const snapshot = {
        user: "ada", items: [], counts: { unread: 3, unseen: 3 }, loaded: true, hasMore: true,
        connection: { state: "live" },
      };
      return { on: () => () => {}, subscribe: () => () => {}, getSnapshot: () => snapshot, loadMore };
    };
    globalThis.loads = 0;
    globalThis.first = make(() => (loads++, new Promise((_, reject) => globalThis.fail = reject)));
    globalThis.second = make(() => (loads++, new Promise(() => {})));
    globalThis.inbox = document.querySelector("main bellwire-inbox");
    inbox.bell = first;`,
  });
  const { page } = app;
  await eventually(() => page.evaluate("globalThis.loads === 1"), "load 1");
  await page.evaluate("inbox.bell = second");
  // It loads for the second bell, though the first one has not answered.
  await eventually(() => page.evaluate("globalThis.loads === 2"), "load 2");
  await page.evaluate("fail(new Error('too late'))");
  await page.evaluate("new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve)))");
  const inbox = page.locator("main bellwire-inbox");
  assert.equal(await inbox.getByText("Notifications can’t be loaded").isVisible(), false);
  assert.equal(await page.evaluate("loads"), 2);
});

Deno.test("while the service is away a page that is loaded again has its bell and what was there", {
  ignore,
}, async () => {
  await using app = await openElementPage({
    body: INBOX.replace("<bellwire-inbox", `<bellwire-inbox user="ada"`),
    before: (service) => service.published({ to: { user: "ada" }, title: "Hello" }),
    expects: FAILURES,
  });
  const { page, service } = app;
  const row = page.locator("bellwire-inbox").getByRole("listitem").filter({ hasText: "Hello" });
  await row.waitFor();
  // What is on the disk of a device is there a moment later.
  await eventually(
    async () =>
      await page.evaluate(`new Promise((resolve) => {
        const open = indexedDB.open("bellwire");
        open.onsuccess = () => {
          const names = [...open.result.objectStoreNames];
          if (!names.length) return resolve(0);
          const count = open.result.transaction(names).objectStore(names[0]).count();
          count.onsuccess = () => (open.result.close(), resolve(count.result));
        };
        open.onerror = () => resolve(0);
      })`) !== 0,
    "the device to have stored it",
  );
  await service.kill();
  await page.reload();
  await row.waitFor();
  await page.locator("bellwire-inbox").getByText("Reconnecting").waitFor();
  await service.restart();
  await page.locator("bellwire-inbox").getByText("Reconnecting").waitFor({ state: "hidden" });
});

Deno.test("an element that was given no bell says on the console what it needs, once", {
  ignore,
}, async () => {
  await using app = await openElementPage({
    body: `<bellwire-bell></bellwire-bell><bellwire-inbox user="ada"></bellwire-inbox>
<bellwire-inbox token-url="/token"></bellwire-inbox>`,
  });
  const { page } = app;
  const said: string[] = [];
  page.on("console", (message) => {
    if (message.text().startsWith("<bellwire")) said.push(message.text());
  });
  await page.clock.install();
  await page.reload();
  await page.locator("bellwire-inbox").nth(1).getByText("Nothing here yet").waitFor();
  await page.clock.runFor(60_000);
  await page.evaluate(`document.querySelector("bellwire-inbox").setAttribute("user", "bob")`);
  await page.clock.runFor(60_000);
  assert.deepEqual(said.map((text) => text.slice(0, 29)).sort(), [
    "<bellwire-bell> has no bell. ",
    "<bellwire-inbox> has no bell.",
  ]);
  for (const text of said) assert.match(text, /"token-url".*"server".*"bell"/);
});
