import assert from "node:assert/strict";
import { BellwireError, connect, Unauthorized } from "../../client/src/mod.ts";
import { eventually } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";

const TOPICS = { claims: { topics: ["news"], publish: ["topic:news"] } };

/** A bell of a user, that is closed at the end of the test. */
function bellOf(service: Service, user = "ada", getToken = () => service.token(user, TOPICS)) {
  const bell = connect(service.url, { getToken });
  const titles: string[] = [];
  bell.on("notification", ({ title }) => titles.push(title));
  return {
    bell,
    titles,
    live: () => eventually(() => bell.getSnapshot().connection.state === "live", "to be live"),
    shows: (...wanted: string[]) =>
      eventually(
        () =>
          JSON.stringify(bell.getSnapshot().items.map(({ title }) => title)) ===
            JSON.stringify(wanted),
        () => `${wanted} instead of ${bell.getSnapshot().items.map(({ title }) => title)}`,
      ),
    [Symbol.dispose]: () => bell.close(),
  };
}

Deno.test("three lines outside of a browser get what is published, in order, once", async () => {
  await using service = await Service.start();
  using ada = bellOf(service);
  await ada.live();
  for (const title of ["one", "two", "three"]) {
    await service.published({ to: { user: "ada" }, title });
  }
  await ada.shows("three", "two", "one");
  assert.deepEqual(ada.titles, ["one", "two", "three"]);
  assert.deepEqual(ada.bell.getSnapshot().counts, { unread: 3, unseen: 3 });
  assert.equal(ada.bell.getSnapshot().user, "ada");
});

Deno.test("a mark shows at once, and on the user's other devices once it is stored", async () => {
  await using service = await Service.start();
  using phone = bellOf(service);
  using laptop = bellOf(service);
  await Promise.all([phone.live(), laptop.live()]);
  await service.published({ to: { user: "ada" }, title: "one" });
  await service.published({ to: { everyone: true }, title: "two" });
  await Promise.all([phone.shows("two", "one"), laptop.shows("two", "one")]);
  const marked = phone.bell.mark("read", phone.bell.getSnapshot().items);
  assert.deepEqual(phone.bell.getSnapshot().items.map(({ read }) => read), [true, true]);
  assert.deepEqual(phone.bell.getSnapshot().counts, { unread: 0, unseen: 0 });
  await marked;
  await eventually(() => laptop.bell.getSnapshot().counts.unread === 0, "the laptop's count");
  assert.deepEqual(laptop.bell.getSnapshot().items.map(({ read }) => read), [true, true]);
  await laptop.bell.mark("unread", laptop.bell.getSnapshot().items[1]?.id ?? "");
  await eventually(() => phone.bell.getSnapshot().counts.unread === 1, "the phone's count");
  await phone.bell.markAll("delete");
  assert.deepEqual(phone.bell.getSnapshot().items, []);
  await laptop.shows();
});

Deno.test("after the service was killed and started again what was missed comes, and what was asked for is done", async () => {
  await using service = await Service.start();
  using ada = bellOf(service);
  using other = bellOf(service);
  await Promise.all([ada.live(), other.live()]);
  await service.published({ to: { user: "ada" }, title: "one" });
  await Promise.all([ada.shows("one"), other.shows("one")]);
  await service.kill();
  await eventually(() => ada.bell.getSnapshot().connection.state === "reconnecting", "the end");
  const marked = ada.bell.mark("archive", ada.bell.getSnapshot().items);
  assert.equal(ada.bell.getSnapshot().items[0]?.archived, true);
  await service.restart();
  await service.published({ to: { user: "ada" }, title: "two" });
  await marked;
  await Promise.all([ada.shows("two", "one"), other.shows("two", "one")]);
  await eventually(() => other.bell.getSnapshot().items[1]?.archived === true, "the mark");
  assert.deepEqual(ada.titles, ["one", "two"]);
  assert.deepEqual(other.titles, ["one", "two"]);
});

Deno.test("what the service refuses is taken back, and said", async () => {
  await using service = await Service.start();
  using ada = bellOf(service);
  await ada.live();
  await assert.rejects(ada.bell.join("secret"), { name: "BellwireError", code: "forbidden" });
  await assert.rejects(ada.bell.mark("read", "nothing"), { code: "not_found" });
  await ada.bell.join("news");
  await service.published({ to: { topic: "news" }, title: "news" });
  await ada.shows("news");
  await ada.bell.publish("news", { title: "mine" });
  await ada.shows("mine", "news");
  await ada.bell.leave("news");
  await ada.shows();
});

Deno.test("older notifications are loaded on demand, and change like all others", async () => {
  await using service = await Service.start();
  for (let i = 1; i <= 130; i++) {
    await service.published({ to: { user: "ada" }, title: `${i}` });
  }
  using ada = bellOf(service);
  await ada.live();
  assert.equal(ada.bell.getSnapshot().items.length, 50);
  assert.equal(ada.bell.getSnapshot().hasMore, true);
  assert.equal(await ada.bell.loadMore(), true);
  assert.equal(ada.bell.getSnapshot().items.length, 100);
  assert.equal(await ada.bell.loadMore(), false);
  const { items, counts } = ada.bell.getSnapshot();
  assert.deepEqual(
    items.map(({ title }) => title),
    Array.from({ length: 130 }, (_, i) => `${130 - i}`),
  );
  await ada.bell.mark("read", items[129]?.id ?? "");
  assert.equal(ada.bell.getSnapshot().counts.unread, counts.unread - 1);
  const page = await ada.bell.list({ status: "unread", limit: 2 });
  assert.deepEqual(page.items.map(({ title }) => title), ["130", "129"]);
});

Deno.test("a token that expires is replaced on the live connection", async () => {
  await using service = await Service.start();
  let calls = 0;
  using ada = bellOf(service, "ada", () => {
    calls++;
    return service.token("ada", { ttl: 3 });
  });
  await ada.live();
  const states: string[] = [];
  ada.bell.on("connection", ({ state }) => states.push(state));
  await eventually(() => calls >= 3, "three tokens");
  await service.published({ to: { user: "ada" }, title: "still here" });
  await ada.shows("still here");
  assert.deepEqual(states, []);
});

Deno.test("a bell stops for good where nobody is signed in, or its token is no good, and says why", async () => {
  await using service = await Service.start();
  let calls = 0;
  using nobody = bellOf(service, "ada", () => {
    calls++;
    throw new Unauthorized();
  });
  using forger = bellOf(
    service,
    "ada",
    () => service.token("ada", { secret: "another secret that has 32 bytes" }),
  );
  for (const { bell } of [nobody, forger]) {
    await eventually(() => bell.getSnapshot().connection.state === "closed", "the end");
    assert(bell.getSnapshot().connection.error instanceof BellwireError);
  }
  assert.equal(nobody.bell.getSnapshot().connection.error?.code, "signed_out");
  assert.equal(forger.bell.getSnapshot().connection.error?.code, "invalid_token");
  assert.equal(forger.bell.getSnapshot().connection.error?.closeCode, 4500);
  assert.equal(calls, 1);
});
