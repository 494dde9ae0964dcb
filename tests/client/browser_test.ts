import assert from "node:assert/strict";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { ClientApp, type ClientPage } from "./support/client_app.ts";

const ignore = CHROMIUM === undefined;

async function publish(app: ClientApp, title: string, to: unknown = { user: "ada" }) {
  await app.service.published({ to, title });
}

/** What is on a browser's disk: of each user the last event and which items are read. */
function stored(page: ClientPage): Promise<{ key: string; seq: number; read: string }[]> {
  return page.run(`new Promise((resolve) => {
    indexedDB.open("bellwire").onsuccess = async ({ target }) => {
      const store = target.result.transaction("states").objectStore("states");
      const get = (request) => new Promise((got) => request.onsuccess = () => got(request.result));
      const [keys, states] = await Promise.all([get(store.getAllKeys()), get(store.getAll())]);
      target.result.close();
      resolve(keys.map((key, i) => {
        const { seq, items } = states[i].streams.user ?? { seq: 0, items: [] };
        return { key, seq, read: items.map(({ read }) => read).join() };
      }));
    };
  })`);
}

Deno.test(
  "a page of another origin under a strict policy gets what is published, and its marks reach another browser",
  { ignore },
  async () => {
    await using app = await ClientApp.start();
    const laptop = await app.open();
    const phone = await app.open();
    await Promise.all([laptop.live(), phone.live()]);
    await publish(app, "one");
    await publish(app, "two", { everyone: true });
    for (const page of [laptop, phone]) {
      const { told, unread } = await page.shows("two", "one");
      assert.deepEqual([told, unread], [["one", "two"], 2]);
      await page.toasts("one", "two");
    }
    const seen = await laptop.run("bell.markAll('read'), shown()");
    assert.deepEqual((seen as { read: boolean[] }).read, [true, true]);
    await phone.until(({ unread, read }) => unread === 0 && read.every(Boolean), "all to be read");
  },
);

Deno.test(
  "without a network a page says so, keeps what it has and what is asked for, and makes up for it later",
  { ignore },
  async () => {
    await using app = await ClientApp.start();
    const laptop = await app.open();
    const context = await app.browser.newContext();
    const phone = await app.open({ context });
    await Promise.all([laptop.live(), phone.live()]);
    await publish(app, "one");
    await phone.shows("one");
    await context.setOffline(true);
    await phone.until(({ state }) => state === "offline", "to be offline");
    await publish(app, "two");
    await laptop.shows("two", "one");
    await phone.run("void bell.mark('read', bell.getSnapshot().items)");
    assert.deepEqual((await phone.shown()).titles, ["one"]);
    assert.equal((await phone.shown()).unread, 0);
    await context.setOffline(false);
    const { told, unread } = await phone.shows("two", "one");
    assert.deepEqual(told, ["one", "two"]);
    assert.equal(unread, 1);
    await laptop.until(({ read }) => read.join() === "false,true", "the mark of the phone");
  },
);

Deno.test(
  "after the service was killed and started again a page has everything, once",
  { ignore },
  async () => {
    await using app = await ClientApp.start();
    const page = await app.open();
    await page.live();
    await publish(app, "one");
    await page.shows("one");
    await app.service.kill();
    await page.until(({ state }) => state === "reconnecting", "to notice");
    await app.service.restart();
    await publish(app, "two");
    await page.shows("two", "one");
    await page.live();
    await publish(app, "three");
    const { told } = await page.shows("three", "two", "one");
    assert.deepEqual(told, ["one", "two", "three"]);
  },
);

Deno.test("a token that expires is replaced without a break", { ignore }, async () => {
  await using app = await ClientApp.start({ wishes: { ttl: 3 } });
  const page = await app.open();
  await page.live();
  await page.run("globalThis.states = [], bell.on('connection', (c) => states.push(c.state)), 0");
  const { tokens } = app;
  await eventually(() => app.tokens >= tokens + 3, "three more tokens");
  await publish(app, "one");
  await page.shows("one");
  assert.deepEqual(await page.run("states"), []);
});

Deno.test(
  "three tabs share a connection; when the one that has it is closed, another goes on",
  { ignore },
  async () => {
    await using app = await ClientApp.start();
    const context = await app.browser.newContext();
    const first = await app.open({ context });
    await first.live();
    await publish(app, "one");
    await first.shows("one");
    const second = await app.open({ context });
    const third = await app.open({ context });
    for (const tab of [second, third]) {
      await tab.live();
      assert.deepEqual((await tab.shown()).titles, ["one"]);
    }
    await app.service.connections(1);
    await publish(app, "two");
    for (const tab of [first, second, third]) await tab.shows("two", "one");
    await first.toasts("one", "two");
    assert.deepEqual((await second.shown()).told, ["two"]);
    await second.run("bell.mark('read', bell.getSnapshot().items[0])");
    await third.until(({ unread }) => unread === 1, "the second tab's mark");

    await first.page.close();
    await publish(app, "three");
    for (const tab of [second, third]) {
      await tab.shows("three", "two", "one");
      await tab.live();
    }
    await app.service.connections(1);
    await publish(app, "four");
    for (const tab of [second, third]) {
      const { told } = await tab.shows("four", "three", "two", "one");
      assert.deepEqual(told, ["two", "three", "four"]);
    }
    await eventually(async () => {
      const shown = await Promise.all([second, third].map((tab) => tab.shown()));
      return shown.flatMap(({ toasts }) => toasts).filter((title) => title === "four").length === 1;
    }, "one toast");
  },
);

Deno.test(
  "a tab that is hidden hands the connection to one that can be seen",
  { ignore },
  async () => {
    await using app = await ClientApp.start();
    const context = await app.browser.newContext();
    const first = await app.open({ context });
    await first.live();
    const second = await app.open({ context });
    await second.live();
    await publish(app, "one");
    await second.shows("one");
    assert.deepEqual((await second.shown()).toasts, []);
    // Without a window Chromium takes every page for visible, so it is told otherwise.
    await first.run(`Object.defineProperty(document, "hidden", { value: true }),
      document.dispatchEvent(new Event("visibilitychange"))`);
    let n = 1;
    await eventually(async () => {
      await publish(app, `no. ${++n}`);
      const { toasts } = await second.until(
        ({ told }) => told.includes(`no. ${n}`),
        `no. ${n}`,
      );
      return toasts.includes(`no. ${n}`);
    }, "the second tab to have the lead");
    await first.until(({ told }) => told.at(-1) === `no. ${n}`, `no. ${n} in the first tab`);
    const all = [...(await first.shown()).toasts, ...(await second.shown()).toasts];
    assert.equal(new Set(all).size, all.length, `two toasts of one: ${all}`);
    await app.service.connections(1);
  },
);

Deno.test(
  "a page that is loaded again shows at once what it had, without the service, and then only gets the difference",
  { ignore },
  async () => {
    await using app = await ClientApp.start({ bundled: true });
    const page = await app.open({ query: "?user=ada" });
    await page.live();
    for (const title of ["one", "two"]) await publish(app, title);
    await page.shows("two", "one");
    await page.run("bell.mark('read', bell.getSnapshot().items[1])");
    await eventually(
      async () => (await stored(page)).some(({ seq, read }) => seq === 3 && read === "true,false"),
      "the mark on the disk",
    );
    await app.service.kill();
    await page.page.reload();
    const { read, user, state } = await page.shows("two", "one");
    assert.deepEqual([read, user], [[false, true], "ada"]);
    assert.notEqual(state, "live");
    const frames: string[] = [];
    page.page.on(
      "websocket",
      (socket) => socket.on("framereceived", ({ payload }) => frames.push(String(payload))),
    );
    await page.run("void bell.mark('archive', bell.getSnapshot().items[1])");
    await app.service.restart();
    await publish(app, "three");
    const { told } = await page.shows("three", "two", "one");
    assert.deepEqual(told, ["three"]);
    await page.live();
    await eventually(
      async () => (await app.service.inbox("ada", { status: "archived" })).length === 1,
      "the mark that was made before the service was back",
    );
    assert(!frames.some((frame) => frame.includes('"type":"reset"')), frames.join("\n"));
  },
);

Deno.test(
  "another user sees nothing of the one before, and who logs out leaves nothing on the disk",
  { ignore },
  async () => {
    await using app = await ClientApp.start();
    const context = await app.browser.newContext();
    const first = await app.open({ context });
    const second = await app.open({ context });
    await Promise.all([first.live(), second.live()]);
    await publish(app, "secret");
    await Promise.all([first.shows("secret"), second.shows("secret")]);
    app.user = "grace";
    const third = await app.open({ context });
    await third.until(({ state, user }) => state === "live" && user === "grace", "Grace's page");
    assert.deepEqual((await third.shown()).titles, []);
    await publish(app, "for grace", { user: "grace" });
    await third.shows("for grace");
    assert.deepEqual((await first.shown()).titles, ["secret"]);
    await third.page.close();

    await second.run("bell.logout()");
    for (const tab of [first, second]) {
      const { user } = await tab.until(
        ({ state, titles }) => state === "closed" && titles.length === 0,
        "an end",
      );
      assert.equal(user, undefined);
    }
    const keys = (await stored(first)).map(({ key }) => key);
    assert(!keys.some((key) => key.endsWith(" ada")), `${keys}`);
  },
);

Deno.test(
  "who logs out where no token was to be had leaves nothing on the disk either",
  { ignore },
  async () => {
    await using app = await ClientApp.start();
    const page = await app.open();
    await page.live();
    await publish(app, "secret");
    await page.shows("secret");
    await eventually(async () => (await stored(page)).some(({ seq }) => seq > 0), "it on the disk");
    app.user = undefined;
    await page.page.reload();
    await page.until(({ state }) => state === "closed", "nobody to be signed in");
    assert.equal((await stored(page)).length, 1);
    await page.run("bell.logout()");
    assert.deepEqual(await stored(page), []);
  },
);

Deno.test("where sockets are blocked it goes on over server-sent events", { ignore }, async () => {
  await using app = await ClientApp.start({ sockets: false });
  const page = await app.open();
  await page.live();
  await publish(app, "one");
  await page.shows("one");
  await page.run("bell.mark('read', bell.getSnapshot().items)");
  await page.until(({ unread }) => unread === 0, "the mark");
  await app.service.kill();
  await app.service.restart();
  await publish(app, "two");
  const { told } = await page.shows("two", "one");
  assert.deepEqual(told, ["one", "two"]);
});

Deno.test("a page where nobody is signed in is told so, and asks no more", { ignore }, async () => {
  await using app = await ClientApp.start();
  app.user = undefined;
  const page = await app.open();
  await page.until(({ state }) => state === "closed", "the end");
  assert.equal(await page.run("bell.getSnapshot().connection.error.code"), "signed_out");
  assert.equal(app.tokens, 1);
  app.user = "ada";
  await page.run("bell.retry()");
  await page.live();
});
