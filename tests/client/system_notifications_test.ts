import assert from "node:assert/strict";
import { connect } from "../../client/src/mod.ts";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { ClientApp, type ClientPage } from "./support/client_app.ts";

const ignore = CHROMIUM === undefined;

/**
 * Writes down what a page asks of the browser, which does it all the same: how often for permission,
 * what it shows, and what its badge says. What is on the screen nobody sees: there is none.
 */
const WATCHED = `(() => {
  const asked = { permission: 0, badges: [], shown: [] };
  globalThis.asked = asked;
  globalThis.Notification = class extends Notification {
    constructor(title, options) {
      super(title, options);
      const it = { title, body: options.body, isOpen: false, click: () => this.dispatchEvent(new Event("click")) };
      this.addEventListener("show", () => it.isOpen = true);
      this.addEventListener("close", () => it.isOpen = false);
      asked.shown.push(it);
    }
    static requestPermission() {
      asked.permission++;
      return super.requestPermission();
    }
  };
  const { setAppBadge } = navigator;
  navigator.setAppBadge = (count) => {
    asked.badges.push(count);
    return setAppBadge.call(navigator, count);
  };
})()`;

interface Displayed {
  readonly title: string;
  readonly body: string;
  readonly isOpen: boolean;
}

async function startApp(): Promise<ClientApp> {
  const app = await ClientApp.start({ windows: true });
  await app.browser.contexts()[0]?.addInitScript(WATCHED);
  return app;
}

async function publish(app: ClientApp, title: string, fields: Record<string, unknown> = {}) {
  await app.service.published({ to: { user: "ada" }, title, ...fields });
}

/** Permits them and clicks on the page's button. */
async function enable(app: ClientApp, page: ClientPage): Promise<void> {
  await page.page.context().grantPermissions(["notifications"], { origin: app.url });
  await page.page.click("button");
  await eventually(async () => await page.page.title() === "granted", "the permission");
}

/** What these tabs have shown so far, in the end or not. */
async function displayed(...tabs: ClientPage[]): Promise<Displayed[]> {
  const all = await Promise.all(tabs.map((tab) => tab.run<Displayed[]>("asked.shown")));
  return all.flat().map(({ title, body, isOpen }) => ({ title, body, isOpen }));
}

/** Waits until one of these tabs displays it. */
async function displays(title: string, ...tabs: ClientPage[]): Promise<void> {
  await eventually(
    async () => (await displayed(...tabs)).some((it) => it.title === title && it.isOpen),
    `${title} on the screen`,
  );
}

/** Waits until one of these tabs is told to show a toast. */
async function toasts(title: string, ...tabs: ClientPage[]): Promise<void> {
  await eventually(async () => {
    const shown = await Promise.all(tabs.map((tab) => tab.shown()));
    return shown.some(({ toasts }) => toasts.includes(title));
  }, `a toast of ${title}`);
}

Deno.test(
  "nobody is asked for system notifications before a click, and who refuses gets none",
  { ignore },
  async () => {
    await using app = await startApp();
    const page = await app.open();
    await page.live();
    await publish(app, "one");
    await page.toasts("one");
    assert.equal(await page.run("asked.permission"), 0);
    // Without a window to ask in, Chromium takes silence for a no.
    await page.page.click("button");
    await eventually(async () => await page.page.title() === "denied", "the refusal");
    assert.equal(await page.run("asked.permission"), 1);
    await app.openAnother();
    await publish(app, "two");
    await page.toasts("one", "two");
    assert.deepEqual(await displayed(page), []);
  },
);

Deno.test(
  "a system notification is shown by one tab while none of the app is looked at, and goes once it is read on another device",
  { ignore },
  async () => {
    await using app = await startApp();
    const first = await app.open();
    const second = await app.open();
    await Promise.all([first.live(), second.live()]);
    await enable(app, second);
    // So that they have all parts of the client, and decide at once.
    for (const tab of [first, second]) await tab.run("bell.loadMore()");
    await publish(app, "while looked at");
    await toasts("while looked at", first, second);
    await app.openAnother();
    await publish(app, "while not", { body: "Nobody looks" });
    await displays("while not", first, second);
    await publish(app, "as well");
    await displays("as well", first, second);
    assert.deepEqual(await displayed(first, second), [
      { title: "while not", body: "Nobody looks", isOpen: true },
      { title: "as well", body: "", isOpen: true },
    ]);

    const phone = connect(app.service.url, { getToken: () => app.service.token("ada") });
    await eventually(() => phone.getSnapshot().items.length === 3, "the phone");
    const item = phone.getSnapshot().items.find(({ title }) => title === "while not");
    assert(item);
    await phone.mark("read", item);
    phone.close();
    await eventually(
      async () =>
        (await displayed(first, second)).find((it) => it.title === item.title)?.isOpen === false,
      "the end of what was read",
    );
    assert.equal((await displayed(first, second)).filter(({ isOpen }) => isOpen).length, 1);

    await second.look();
    await publish(app, "looked at again");
    await toasts("looked at again", first, second);
    await app.openAnother();
    await publish(app, "last");
    await displays("last", first, second);
    assert(!(await displayed(first, second)).some(({ title }) => title.startsWith("looked")));
  },
);

Deno.test(
  "a tab that has the connection but not the focus asks the others before it shows a system notification",
  { ignore },
  async () => {
    await using app = await startApp();
    const leader = await app.open();
    await leader.live();
    await enable(app, leader);
    const other = await app.openWindow();
    await other.live();
    // Without a screen several windows have the focus at once, so this one says that it has not.
    await leader.run("document.hasFocus = () => false");
    await leader.run(`globalThis.heard = [],
      new BroadcastChannel("bellwire ${app.service.url} ada").onmessage =
        ({ data }) => heard.push(data.post)`);
    await publish(app, "seen in the other window");
    await eventually(() => leader.run<boolean>("heard.includes('focus')"), "the other's word");
    // Answers are waited for 200 ms; what comes later is asked for anew. Timers of a page keep their order.
    await leader.run("new Promise((resolve) => setTimeout(resolve, 250))");
    await other.run("document.hasFocus = () => false");
    await publish(app, "seen in none");
    await displays("seen in none", leader, other);
    assert.deepEqual((await displayed(leader, other)).map(({ title }) => title), ["seen in none"]);
  },
);

Deno.test(
  "a click on a system notification marks it read and leads to its address, unless that is none to go to",
  { ignore },
  async () => {
    await using app = await startApp();
    const page = await app.open();
    // The service takes no such address. Neither should a page, whoever has sent it.
    await page.page.routeWebSocket(/stream$/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((text) =>
        socket.send(`${text}`.replace("/bad", "javascript:document.title='bad'"))
      );
    });
    await page.page.reload();
    await page.live();
    await enable(app, page);
    await app.openAnother();
    await publish(app, "bad", { url: "/bad" });
    await displays("bad", page);
    assert.match(await page.run("bell.getSnapshot().items[0].url"), /^javascript:/);
    await page.run("asked.shown[0].click()");
    await page.until(({ unread }) => unread === 0, "the mark");
    assert.equal(await page.page.title(), "granted");
    assert.equal(page.page.url(), app.url);
    await publish(app, "good", { url: "/?user=ada" });
    await displays("good", page);
    await page.run("void asked.shown[1].click()");
    await page.page.waitForURL("**/?user=ada");
    await eventually(
      async () => (await app.service.inbox("ada")).every(({ read }) => read),
      "the mark of the page that was left",
    );
  },
);

Deno.test("the app's badge says how many are unread", { ignore }, async () => {
  await using app = await startApp();
  const page = await app.open();
  await page.live();
  for (const title of ["one", "two"]) await publish(app, title);
  await page.shows("two", "one");
  await page.run("bell.mark('read', bell.getSnapshot().items[0])");
  await page.run("bell.markAll('read')");
  assert.deepEqual(await page.run("asked.badges"), [0, 1, 2, 1, 0]);
});
