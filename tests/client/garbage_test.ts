import assert from "node:assert/strict";
import { CHROMIUM } from "../drivers/chromium.ts";
import { ClientApp } from "./support/client_app.ts";

const ignore = CHROMIUM === undefined;

/** What other versions of the client, and whoever else uses the names, may post or store. */
const GARBAGE = `
const item = { id: "1", seq: 1, title: "x", publishedAt: "2026-01-01T00:00:00.000Z" };
const counts = { unread: 0, unseen: 0 };
const state = { streams: {}, counts, queue: [] };
const garbage = [
  null, undefined, true, 5, "text", [], [null], {}, new Date(), new Map(), new Uint8Array(3),
  { tabs: null }, { tabs: "here" }, { tabs: "who", visible: "?" }, { lock: "mine" }, { lock: null },
  { lock: "later", name: 5 }, { post: null }, { post: "later" }, { post: "did" },
  { post: "did", term: "t", n: 1, operation: null }, { post: "did", term: "t", n: 1, operation: {} },
  { post: "did", term: "t", n: 1, operation: { do: "later" } },
  { post: "did", term: "t", n: 1, operation: { do: "messages" } },
  { post: "did", term: "t", n: 1, operation: { do: "messages", messages: [null] } },
  { post: "state" }, { post: "state", term: "t", n: 1, state: null },
  { post: "state", term: "t", n: 1, state: {} }, { post: "state", term: "t", n: 1, state: 5 },
  { post: "state", term: "t", n: 1, state },
  { post: "state", term: "t", n: 1, state: { ...state, queue: [null] }, connection: { state: "live" } },
  { post: "state", term: "t", n: 1, state: { ...state, counts: 5 }, connection: { state: "live" } },
  ...[null, 5, {}, { user: null }, { user: { epoch: "a", seq: 1, items: [null] } }, { user: { epoch: "a",
    seq: 1, items: [{ ...item, title: 5 }] } }].map((streams) =>
    ({ post: "state", term: "t", n: 1, state: { ...state, streams }, connection: { state: "live" } })),
  { post: "connection" }, { post: "connection", term: "t", connection: null },
  { post: "ask" }, { post: "ask", request: null }, { post: "ask", request: {} },
  { post: "ask", request: { id: "x", message: null, cursors: {} } },
  { post: "ask", request: { id: "x", message: { type: "mark" } } },
  { post: "loaded" }, { post: "loaded", id: "x", error: null },
];
`;

Deno.test(
  "what nobody understands on the channels of tabs changes nothing, and is no error of the page",
  {
    ignore,
  },
  async () => {
    await using app = await ClientApp.start();
    const context = await app.browser.newContext();
    const leader = await app.open({ context });
    await leader.live();
    const other = await app.open({ context });
    await other.live();
    await app.service.published({ to: { user: "ada" }, title: "one" });
    await other.shows("one");
    const stranger = await app.open({ context, query: "empty" });
    await stranger.run(`{
    ${GARBAGE}
    for (const name of ["", " ada", "locks"]) {
      const service = name === "locks" ? "" : ${JSON.stringify(app.serviceUrl)};
      const channel = new BroadcastChannel(\`bellwire \${service}\${name}\`);
      for (const it of garbage) channel.postMessage(it);
    }
  }`);
    await app.service.published({ to: { user: "ada" }, title: "two" });
    for (const tab of [leader, other]) {
      const { told } = await tab.shows("two", "one");
      assert.equal(told.at(-1), "two");
      await tab.live();
    }
    await other.run("bell.mark('read', bell.getSnapshot().items)");
    await leader.until(({ unread }) => unread === 0, "the mark");
  },
);

Deno.test(
  "what lies on the disk and makes no sense counts as nothing, and what comes takes its place",
  {
    ignore,
  },
  async () => {
    await using app = await ClientApp.start();
    await app.service.published({ to: { user: "ada" }, title: "one" });
    const context = await app.browser.newContext();
    const writer = await app.open({ context, query: "empty" });
    const count = await writer.run<number>(`{ ${GARBAGE} garbage.length; }`);
    for (let i = 0; i < count; i += 4) {
      await writer.run(`new Promise((resolve) => {
      ${GARBAGE}
      const request = indexedDB.open("bellwire", 1);
      request.onupgradeneeded = () => request.result.createObjectStore("states");
      request.onsuccess = () => {
        const transaction = request.result.transaction("states", "readwrite");
        const it = garbage[${i}];
        const name = ${JSON.stringify(`bellwire ${app.serviceUrl} ada`)};
        transaction.objectStore("states").put(it?.state ?? it?.operation ?? it, name);
        transaction.oncomplete = () => resolve(request.result.close());
      };
    })`);
      const page = await app.open({ context, query: "?user=ada" });
      await page.live();
      await page.shows("one");
      await page.page.close();
    }
  },
);
