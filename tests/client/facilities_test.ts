import assert from "node:assert/strict";
import { CHROMIUM } from "../drivers/chromium.ts";
import { ClientApp } from "./support/client_app.ts";

const ignore = CHROMIUM === undefined;

async function publish(app: ClientApp, title: string) {
  await app.service.published({ to: { user: "ada" }, title });
}

/** Counts calls of a function, and does what it does, or something else. */
function counted(owner: string, name: string, instead = ""): string {
  return `{
    const { ${name}: before } = ${owner};
    globalThis.calls ??= 0;
    ${owner}.${name} = function (...args) {
      calls++;
      ${instead || "return before.apply(this, args)"};
    };
  }`;
}

/** A getter that throws, as browsers have them where a page may store nothing. */
function forbidden(owner: string, ...names: string[]): string {
  return names.map((name) =>
    `Object.defineProperty(${owner}, "${name}", {
      get() { throw new DOMException("Access is denied", "SecurityError"); },
      configurable: true,
    });`
  ).join("\n");
}

const REFUSED = `return Promise.reject(new DOMException("Access is denied", "SecurityError"))`;
/** A page calls for locks a few times when it begins, and once for each notification. */
const FEW = 30;

Deno.test(
  "in a frame that may run scripts and nothing else notifications arrive, and the page rests",
  {
    ignore,
  },
  async () => {
    await using app = await ClientApp.start({
      before: counted("LockManager.prototype", "request"),
    });
    const page = await app.openFrame();
    await page.live();
    await publish(app, "one");
    await page.shows("one");
    await page.toasts("one");
    await publish(app, "two");
    await page.toasts("one", "two");
    await page.run("bell.mark('read', bell.getSnapshot().items)");
    const calls = await page.run<number>("calls");
    assert(calls > 0 && calls < FEW, `${calls} calls`);
    await page.run("bell.logout()");
  },
);

for (
  const [how, instead] of [
    ["refuses", REFUSED],
    ["throws at", `throw new DOMException("Access is denied", "SecurityError")`],
    ["never answers", "return new Promise(() => {})"],
  ] as const
) {
  Deno.test(`where the browser ${how} a call for locks, tabs still share one connection`, {
    ignore,
  }, async () => {
    const before = counted("LockManager.prototype", "request", instead);
    await using app = await ClientApp.start({ before });
    const context = await app.browser.newContext();
    const first = await app.open({ context });
    await first.live();
    const second = await app.open({ context });
    await second.live();
    await publish(app, "one");
    for (const tab of [first, second]) await tab.shows("one");
    await app.service.connections(1);
    await second.run("bell.mark('read', bell.getSnapshot().items)");
    await first.until(({ unread }) => unread === 0, "the mark of the other tab");
    await first.page.close();
    await publish(app, "two");
    await second.shows("two", "one");
    await second.toasts("two");
    await app.service.connections(1);
    const calls = await second.run<number>("calls");
    assert(calls < FEW, `${calls} calls`);
  });
}

Deno.test(
  "a tab that the browser gives locks late shares the connection of the others from then on",
  {
    ignore,
  },
  async () => {
    const late = `const ask = () => before.apply(this, args);
    return location.search && calls === 1
      ? new Promise((resolve) => globalThis.answer = resolve).then(ask)
      : ask()`;
    await using app = await ClientApp.start({
      before: counted("LockManager.prototype", "request", late),
    });
    const context = await app.browser.newContext();
    const first = await app.open({ context });
    await first.live();
    const second = await app.open({ context, query: "?late" });
    await second.live();
    await app.service.connections(2);
    await second.run("answer()");
    await app.service.connections(1);
    await publish(app, "one");
    for (const tab of [first, second]) {
      await tab.shows("one");
      await tab.live();
    }
  },
);

Deno.test(
  "where the disk never answers a page works, and logging out ends",
  { ignore },
  async () => {
    const before = counted("IDBFactory.prototype", "open", "return new EventTarget()");
    await using app = await ClientApp.start({ before });
    const page = await app.open({ query: "?user=ada" });
    await page.live();
    for (const title of ["one", "two", "three"]) {
      await publish(app, title);
      await page.until(({ titles }) => titles[0] === title, title);
    }
    await page.run("bell.mark('read', bell.getSnapshot().items)");
    await page.run("bell.logout()");
    assert.equal((await page.shown()).state, "closed");
    const calls = await page.run<number>("calls");
    assert.equal(calls, 1);
  },
);

Deno.test("where the browser throws at the mere look at what it has a page works", {
  ignore,
}, async () => {
  const before = [
    forbidden("globalThis", "indexedDB", "localStorage", "sessionStorage", "Notification"),
    forbidden("globalThis", "BroadcastChannel", "caches", "crypto"),
    forbidden("Navigator.prototype", "locks", "onLine", "serviceWorker", "setAppBadge"),
  ].join("\n");
  await using app = await ClientApp.start({ before });
  const page = await app.open({ query: "?user=ada" });
  await page.live();
  await publish(app, "one");
  await page.toasts("one");
  await page.run("bell.mark('read', bell.getSnapshot().items)");
  await page.until(({ unread }) => unread === 0, "the mark");
  assert.equal(await page.run("bell.enableSystemNotifications()"), "unsupported");
  await page.run("bell.logout()");
});

Deno.test("where the disk and the channel refuse every call a page works", { ignore }, async () => {
  const thrown = `throw new DOMException("Access is denied", "SecurityError")`;
  const before = [
    counted("IDBFactory.prototype", "open", thrown),
    counted("BroadcastChannel.prototype", "postMessage", thrown),
    counted("Crypto.prototype", "getRandomValues", thrown),
    counted("Notification", "requestPermission", REFUSED),
  ].join("\n");
  await using app = await ClientApp.start({ before });
  const page = await app.open({ query: "?user=ada" });
  await page.live();
  await publish(app, "one");
  await page.toasts("one");
  await page.run("bell.mark('read', bell.getSnapshot().items)");
  assert.equal(await page.run("bell.enableSystemNotifications()"), "unsupported");
  await page.run("bell.logout()");
});

for (const sockets of [true, false]) {
  const kind = sockets ? "a socket" : "server-sent events";
  Deno.test(
    `eight tabs of a page without TLS share one connection over ${kind}, and all are loaded`,
    {
      ignore,
    },
    async () => {
      await using app = await ClientApp.start({ host: "lan.test", sockets });
      const context = await app.browser.newContext();
      const tabs = [];
      for (let i = 0; i < 8; i++) {
        const tab = await app.open({ context });
        await tab.live();
        assert.equal(await tab.run("isSecureContext"), false);
        tabs.push(tab);
      }
      await app.service.connections(1);
      await publish(app, "one");
      for (const tab of tabs) await tab.shows("one");
      for (const tab of tabs.splice(0, 6)) await tab.page.close();
      await publish(app, "two");
      for (const tab of tabs) {
        await tab.shows("two", "one");
        await tab.live();
      }
      await app.service.connections(1);
      const shown = await Promise.all(tabs.map((tab) => tab.shown()));
      assert(shown.flatMap(({ toasts }) => toasts).filter((it) => it === "two").length <= 1);
    },
  );
}
