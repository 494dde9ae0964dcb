import assert from "node:assert/strict";
import { rules } from "../rule.ts";
import { refused, type World } from "../world.ts";

const PUBLISH = "/v1/notifications";

/** P-1 to P-14: publishing. */
export const PUBLISHING = rules((rule) => {
  rule("P-1", "201 with the id and where it went", async (w) => {
    const user = w.name();
    const { id, deliveries } = await w.publish({ to: { user }, title: "T" });
    assert.deepEqual(deliveries, [{ stream: `user:${user}`, seq: 1 }]);
    assert.deepEqual((await w.inbox(user)).map((item) => item["id"]), [id]);
  });

  rule("P-3", "numbers are given in order, and the item has the one that was told", async (w) => {
    const user = w.name();
    const published = await w.fill(user, 5);
    assert.deepEqual(published.map(({ deliveries }) => deliveries[0]?.seq), [1, 2, 3, 4, 5]);
    const items = await w.inbox(user);
    assert.deepEqual(items.map((item) => item["id"]), published.map(({ id }) => id).reverse());
    assert.deepEqual(items.map((item) => item["seq"]), [5, 4, 3, 2, 1]);
  });

  rule("P-4", "users: deliveries in their order, each user once, up to 1,000", async (w) => {
    const [a, b] = [w.name(), w.name()];
    const { id, deliveries } = await w.publish({ to: { users: [b, a, b] }, title: "T" });
    assert.deepEqual(deliveries.map(({ stream }) => stream), [`user:${b}`, `user:${a}`]);
    for (const user of [a, b]) assert.equal((await w.inbox(user))[0]?.["id"], id);
    const users = Array.from({ length: 1000 }, () => w.name());
    const many = await w.publish({ to: { users }, title: "T" });
    assert.deepEqual(many.deliveries.map(({ stream }) => stream), users.map((u) => `user:${u}`));
    await isInvalid(w, { to: { users: [...users, w.name()] } }, "to.users");
    await isInvalid(w, { to: { users: [] } }, "to.users");
  });

  rule("P-5", "a topic is one delivery", async (w) => {
    const topic = w.name();
    const { deliveries } = await w.publish({ to: { topic }, title: "T" });
    assert.deepEqual(deliveries, [{ stream: `topic:${topic}`, seq: 1 }]);
  });

  rule("P-5", "everyone is one delivery, to topic:everyone", async (w) => {
    for (const to of [{ everyone: true }, { topic: "everyone" }]) {
      const { deliveries } = await w.publish({ to, title: "A test of conformance", ttl: 60 });
      assert.deepEqual(deliveries.map(({ stream }) => stream), ["topic:everyone"]);
    }
  }, "everyone");

  rule("P-6", "200 characters are counted by code point; half a pair is refused", async (w) => {
    const user = w.name();
    await w.publish({ to: { user }, title: "😀".repeat(200) });
    await isInvalid(w, { title: "😀".repeat(201) }, "title");
    const half = JSON.stringify({ to: { user }, title: "x" }).replace('"x"', '"\\ud83d"');
    refused(await w.publisher("POST", PUBLISH, { body: half }), 400, "invalid_request");
    assert.equal((await w.inbox(user))[0]?.["title"], "😀".repeat(200));
  });

  rule("P-18", "data comes out digit for digit, in its order", async (w) => {
    const user = w.name();
    const data = '{"2":1.50,"1":[1e2,-0.0,9007199254740991,6.022e23],"a":{"__proto__":1}}';
    const body = `{"to":{"user":"${user}"},"title":"T","data":${data}}`;
    assert.equal((await w.publisher("POST", PUBLISH, { body })).status, 201);
    const { text } = await w.user(user, "GET", "/v1/inbox");
    assert(text.includes(`"data":${data}`), text);
  });

  rule("P-18", "what can't be kept exactly is refused with its place", async (w) => {
    const user = w.name();
    const cases = [
      ['{"order":{"id":9007199254740993}}', "data.order.id"],
      ["[0,1285704473650888702]", "data.1"],
      ["1e400", "data"],
      ['{"a":0.1000000000000000055511}', "data.a"],
      ['{"a":"\\ud800"}', "data.a"],
      ['{"a":1,"a":2}', "data.a"],
    ] as const;
    for (const [data, path] of cases) {
      const body = `{"to":{"user":"${user}"},"title":"T","data":${data}}`;
      const answer = await w.publisher("POST", PUBLISH, { body });
      refused(answer, 400, "invalid_request");
      assert.deepEqual(answer.body.errors.map((error: { path: string }) => error.path), [path]);
    }
    assert.deepEqual(await w.inbox(user), []);
  });

  rule("P-19", "a number that can't be read exactly is refused in every field", async (w) => {
    const body = `{"to":{"user":"${w.name()}"},"title":"T","ttl":60.00000000000000000001}`;
    refused(await w.publisher("POST", PUBLISH, { body }), 400, "invalid_request");
    const mark = '{"op":"read","items":[9007199254740993]}';
    const answer = await w.user(w.name(), "POST", "/v1/inbox/marks", { body: mark });
    refused(answer, 400, "invalid_request");
  });

  rule("P-7", "a title or a label that can't be seen is refused", async (w) => {
    for (const blank of ["   ", "\u200b", "\u3164\u00a0"]) {
      await isInvalid(w, { title: blank }, "title");
      await isInvalid(w, { actions: [{ id: "a", label: blank }] }, "actions.0.label");
    }
  });

  rule("P-7", "each wrong field is named by its path", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    await isInvalid(w, { to: {} }, "to");
    await isInvalid(w, { to: { user, topic } }, "to");
    await isInvalid(w, { to: { everyone: false } }, "to.everyone");
    await isInvalid(w, { title: "" }, "title");
    await isInvalid(w, { title: "x".repeat(201) }, "title");
    await isInvalid(w, { body: "x".repeat(4001) }, "body");
    await isInvalid(w, { url: "x".repeat(4001) }, "url");
    await isInvalid(w, { category: "News" }, "category");
    await isInvalid(w, { category: "x".repeat(65) }, "category");
    await isInvalid(w, { priority: "highest" }, "priority");
    const action = { id: "a", label: "A" };
    await isInvalid(w, { actions: [action, action, action, action] }, "actions");
    await isInvalid(w, { actions: [{ id: "a", label: "x".repeat(65) }] }, "actions.0.label");
    await isInvalid(w, { collapseKey: "x".repeat(129) }, "collapseKey");
    await isInvalid(w, { ttl: 0 }, "ttl");
    await isInvalid(w, { ttl: 1.5 }, "ttl");
    await isInvalid(w, { ttl: 10, expiresAt: "2099-01-01T00:00:00Z" }, "expiresAt");
    await isInvalid(w, { url: "/x", title: "", priority: 1 }, "title", "priority");
  });

  rule("P-8", "data of 16 KiB and 64 levels is taken, more is refused", async (w) => {
    const user = w.name();
    const nested = (levels: number): unknown => levels === 0 ? 1 : [nested(levels - 1)];
    const data = "x".repeat(16 * 1024 - 2);
    await w.publish({ to: { user }, title: "T", data });
    await w.publish({ to: { user }, title: "T", data: nested(60) });
    assert.deepEqual((await w.inbox(user)).map((item) => item["data"]), [nested(60), data]);
    await isInvalid(w, { data: data + "x" }, "data");
    await isInvalid(w, { data: nested(66) }, "data");
  });

  rule("P-9", "48 KiB as stored is the most: 413 above it", async (w) => {
    const wide = "😀".repeat(4000);
    const body = {
      to: { user: w.name() },
      title: "T",
      body: wide,
      icon: wide,
      image: wide,
      data: wide.slice(0, 4000),
    };
    const answer = await w.publisher("POST", PUBLISH, { body });
    refused(answer, 413, "payload_too_large");
  });

  rule("P-10", "texts are passed on as they are; a url is http, https or a path", async (w) => {
    const user = w.name();
    const texts = { title: "<b>&amp; ", body: " \n<script>" };
    await w.publish({ to: { user }, ...texts, url: "https://example.com/?a=b" });
    const [item] = await w.inbox(user);
    assert.deepEqual([item?.["title"], item?.["body"]], [texts.title, texts.body]);
    for (const url of ["javascript:alert(1)", "//example.com", "data:text/html,x", "x", ""]) {
      await isInvalid(w, { url }, "url");
      await isInvalid(w, { actions: [{ id: "a", label: "A", url }] }, "actions.0.url");
    }
  });

  rule("P-11", "a collapse key replaces the earlier item on every device", async (w) => {
    const user = w.name();
    await using device = await w.device(user);
    await w.publish({ to: { user }, title: "1", collapseKey: "k" });
    await w.publish({ to: { user }, title: "Another", collapseKey: "other" });
    await w.publish({ to: { user }, title: "2", collapseKey: "k" });
    const { seq, items } = await device.change("replace");
    assert.deepEqual(items, [1]);
    await device.reaches(seq + 1);
    assert.deepEqual(device.items().map(({ title }) => title), ["Another", "2"]);
    assert.deepEqual(device.counts, { unread: 2, unseen: 2 });
    await device.equalsInbox();
  });

  rule(
    "P-12",
    "what expires goes from the inbox and from devices within two seconds",
    async (w) => {
      const user = w.name();
      await using device = await w.device(user);
      const expiresAt = new Date(Date.now() + 5000).toISOString();
      await w.publish({ to: { user }, title: "T", ttl: 1 });
      await w.publish({ to: { user }, title: "T", expiresAt });
      await device.until(() => device.items().length === 2, "both items");
      const isGone = (seq: number) => () => device.items().every((item) => item["seq"] !== seq);
      await device.until(isGone(1), "the end of the first", 1000 + LATE_MS);
      await device.until(isGone(2), "the end of the second", 5000 + LATE_MS);
      await device.change("expire");
      assert.deepEqual(device.counts, { unread: 0, unseen: 0 });
      await device.equalsInbox();
      await isInvalid(w, { expiresAt: "2020-01-01T00:00:00Z" }, "expiresAt");
    },
  );

  rule("P-13", "with sendAt: 202, and sent once at that time", async (w) => {
    const user = w.name();
    await using device = await w.device(user);
    const sendAt = new Date(Math.ceil(Date.now() / 1000) * 1000 + 5000).toISOString();
    const body = { to: { user }, title: "Later", sendAt, ttl: 60 };
    const answer = await w.publisher("POST", PUBLISH, { body });
    assert.equal(answer.status, 202, answer.text);
    const { id, ...rest } = answer.body;
    assert.deepEqual(rest, { deliveries: [], sendAt });
    assert.deepEqual(device.items(), []);
    const wait = Date.parse(sendAt) - Date.now() + LATE_MS;
    await device.until(() => device.items().length > 0, "what was to be sent", wait);
    const [item] = device.items();
    assert(Date.now() >= Date.parse(sendAt) - CLOCKS_MS, "it came too early");
    assert.deepEqual([item?.["id"], item?.["publishedAt"]], [id, sendAt]);
    assert.equal(Date.parse(item?.["expiresAt"]), Date.parse(sendAt) + 60_000);
    const days = (n: number) => new Date(Date.now() + n * 864e5).toISOString();
    await isInvalid(w, { sendAt: days(-1) }, "sendAt");
    await isInvalid(w, { sendAt: days(400) }, "sendAt");
    await isInvalid(w, { sendAt: days(2), expiresAt: days(1) }, "expiresAt");
    assert.equal((await w.inbox(user)).length, 1);
  });
});

/** Two seconds, and what a busy machine may take to tell of it. */
const LATE_MS = 20_000;
/** Our clock and the service's may differ. */
const CLOCKS_MS = 1000;

/** Insists on a refusal that names these fields. */
async function isInvalid(w: World, wrong: Record<string, unknown>, ...paths: string[]) {
  const body = { to: { user: w.name() }, title: "T", ...wrong };
  const answer = await w.publisher("POST", PUBLISH, { body });
  refused(answer, 400, "invalid_request");
  const named = answer.body.errors.map(({ path }: { path: string }) => path);
  assert.deepEqual([...named].sort(), paths.sort(), JSON.stringify(wrong).slice(0, 200));
}
