import assert from "node:assert/strict";
import { connect } from "../../client/src/mod.ts";
import { within } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";
import { RealBrowser } from "./support/real_browser.ts";

const WISHES = { claims: { topics: ["news"], publish: ["topic:news"] } };

/** A live page of Ada's. */
async function openAda(service: Service, browser: RealBrowser) {
  const tab = browser.open(service.url, { getToken: () => service.token("ada", WISHES) });
  await tab.is("live");
  return tab;
}

Deno.test("a topic can be joined before the first connection stands", async () => {
  await using service = await Service.start();
  const bell = connect(service.url, { getToken: () => service.token("ada", WISHES) });
  try {
    await bell.join("news");
    await bell.publish("news", { title: "hello" });
    assert.deepEqual(bell.getSnapshot().items.map(({ title }) => title), ["hello"]);
  } finally {
    bell.close();
  }
});

Deno.test("what is asked for before the first token fails with a code where the app gives none", async () => {
  const bell = connect("http://127.0.0.1:9", {
    getToken: () => Promise.reject(new Error("The backend has a bad day")),
  });
  const failed = {
    name: "BellwireError",
    code: "unreachable",
    message: "The backend has a bad day",
  };
  try {
    await assert.rejects(bell.join("news"), failed);
    await assert.rejects(bell.list(), failed);
  } finally {
    bell.close();
  }
});

Deno.test("what is too large to be sent is refused, and nothing else suffers", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const { bell } = await openAda(service, browser);
  await bell.join("news");
  const states: string[] = [];
  bell.on("connection", ({ state }) => states.push(state));
  await assert.rejects(bell.publish("news", { title: "long", body: "é".repeat(35_000) }), {
    name: "BellwireError",
    code: "payload_too_large",
  });
  await bell.publish("news", { title: "short" });
  assert.deepEqual(states, []);
});

Deno.test("what is no JSON is refused, and nothing else suffers", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const { bell } = await openAda(service, browser);
  await bell.join("news");
  await assert.rejects(bell.publish("news", { title: "large", data: 1n }), TypeError);
  await bell.publish("news", { title: "function", data: { act() {} } });
  await bell.publish("news", { title: "number", data: 1 });
  assert.deepEqual(bell.getSnapshot().items.map(({ title, data }) => [title, data]), [
    ["number", 1],
    ["function", {}],
  ]);
});

Deno.test("a bell that was closed does nothing any more, and says so at once", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const { bell } = await openAda(service, browser);
  bell.close();
  for (
    const call of [
      () => bell.list(),
      () => bell.loadMore(),
      () => bell.markAll("read"),
      () => bell.join("news"),
    ]
  ) {
    const failed: Promise<unknown> = call();
    await assert.rejects(within(failed, "an answer"), { code: "closed" });
  }
});

Deno.test("whoever has logged out stays so, whatever is called or was under way", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const { bell } = await openAda(service, browser);
  const listed = assert.rejects(bell.list(), { code: "closed" });
  await bell.logout();
  await listed;
  await assert.rejects(bell.list(), { code: "closed" });
  await assert.rejects(bell.join("news"), { code: "closed" });
  bell.retry();
  await service.connections(0);
  const { user, connection, items } = bell.getSnapshot();
  assert.deepEqual([user, connection.state, items.length], [undefined, "closed", 0]);
  assert.equal(browser.disk.size, 0);
});

Deno.test("whoever has ended listening is told no more, not even of what is being told", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const { bell } = await openAda(service, browser);
  const ended: string[] = [];
  const ends: (() => void)[] = [];
  bell.on("connection", () => ends.forEach((end) => end()));
  ends.push(bell.on("connection", ({ state }) => ended.push(state)));
  bell.close();
  assert.deepEqual(ended, []);
});

Deno.test("where all that was loaded is deleted there may be more", async () => {
  await using service = await Service.start();
  for (let i = 1; i <= 60; i++) await service.published({ to: { user: "ada" }, title: `${i}` });
  using browser = new RealBrowser();
  const tab = await openAda(service, browser);
  await tab.bell.mark("delete", tab.bell.getSnapshot().items);
  await tab.shows();
  assert.equal(tab.bell.getSnapshot().hasMore, true);
  assert.equal(await tab.bell.loadMore(), false);
  await tab.shows(...Array.from({ length: 10 }, (_, i) => `${10 - i}`));
});

Deno.test("an app's badge is set from the start, whatever it said before", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const badges: number[] = [];
  Object.defineProperty(navigator, "setAppBadge", {
    configurable: true,
    value: (unread: number) => Promise.resolve(void badges.push(unread)),
  });
  try {
    const tab = await openAda(service, browser);
    await service.published({ to: { user: "ada" }, title: "one" });
    await tab.shows("one");
    assert.deepEqual(badges, [0, 1]);
  } finally {
    Reflect.deleteProperty(navigator, "setAppBadge");
  }
});
