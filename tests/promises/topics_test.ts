import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { readProblem } from "../drivers/problem.ts";
import { Service } from "../drivers/service.ts";

const TOPICS = { wishes: { claims: { topics: ["news", "team.*"] } } };

async function call(
  service: Service,
  method: "PUT" | "DELETE",
  path: string,
  bearer: string,
): Promise<Response> {
  return await service.fetch(path, { method, headers: { authorization: `Bearer ${bearer}` } });
}

/** As a publisher, on a user's behalf. */
async function put(service: Service, user: string, topic: string): Promise<void> {
  const path = `/v1/users/${user}/topics/${topic}`;
  const response = await call(service, "PUT", path, service.key);
  assert.equal(response.status, 204, await response.text());
}

Deno.test("what is sent to everyone reaches every user from their first connect on, and nobody earlier", async () => {
  await using service = await Service.start();
  await service.published({ to: { everyone: true }, title: "Before anybody" });
  await using ada = await Device.connect(service, "ada");
  await service.published({ to: { user: "bob" }, title: "A stream for Bob, who is away" });
  const { deliveries } = await service.published({ to: { everyone: true }, title: "To all" });
  assert.deepEqual(deliveries, [{ stream: "topic:everyone", seq: 2 }]);
  await ada.until(() => ada.of("everyone").length === 1, "what was sent to everyone");
  assert.deepEqual(ada.counts, { unread: 1, unseen: 1 });
  await using bob = await Device.connect(service, "bob");
  await using eve = await Device.connect(service, "eve");
  assert.deepEqual(bob.of("everyone").map(({ title }) => title), ["To all"]);
  assert.deepEqual(bob.counts, { unread: 2, unseen: 2 });
  assert.deepEqual(eve.of("everyone"), []);
  for (const device of [ada, bob, eve]) await device.equalsInbox();
});

Deno.test("joining counts from then on, leaving ends it, on every device and by whoever wants it", async () => {
  await using service = await Service.start();
  await using phone = await Device.connect(service, "ada", TOPICS);
  await using laptop = await Device.connect(service, "ada", TOPICS);
  await service.published({ to: { topic: "news" }, title: "Before" });
  await phone.ask({ type: "subscribe", topic: "news" });
  await phone.ask({ type: "subscribe", topic: "news" });
  await put(service, "ada", "team.red");
  await Promise.all([phone, laptop].map((device) => device.reaches(2)));
  await Promise.all(
    [phone, laptop].map((device) =>
      device.until(() => device.streams.length === 4, "to follow both topics")
    ),
  );
  await service.published({ to: { topic: "news" }, title: "First" });
  await service.published({ to: { topic: "team.red" }, title: "Second" });
  for (const device of [phone, laptop]) {
    await device.until(() => device.of("team.red").length === 1, "the second");
    await device.until(() => device.of("news").length === 1, "the first");
    assert.deepEqual(device.counts, { unread: 2, unseen: 2 });
    await device.equalsInbox();
  }

  await laptop.ask({ type: "unsubscribe", topic: "news" });
  const path = "/v1/users/ada/topics/team.red";
  assert.equal((await call(service, "DELETE", path, service.key)).status, 204);
  await service.published({ to: { topic: "news" }, title: "To nobody" });
  for (const device of [phone, laptop]) {
    await device.reaches(4);
    await device.until(() => device.streams.length === 2, "to follow no topic any more");
    assert.deepEqual(device.counts, { unread: 0, unseen: 0 });
    await device.equalsInbox();
  }
});

Deno.test("marks on a topic's items reach the user's own devices, and no other member", async () => {
  await using service = await Service.start();
  await using ada = await Device.connect(service, "ada", TOPICS);
  await using second = await Device.connect(service, "ada", TOPICS);
  await using bob = await Device.connect(service, "bob", TOPICS);
  for (const device of [ada, bob]) await device.ask({ type: "subscribe", topic: "news" });
  for (let i = 1; i <= 4; i++) {
    await service.published({ to: { topic: "news" }, title: `News ${i}` });
    await service.published({ to: { everyone: true }, title: `All ${i}` });
  }
  for (const device of [ada, second, bob]) {
    await device.until(() => device.of("news").length + device.of("everyone").length === 8, "all");
    assert.deepEqual(device.counts, { unread: 8, unseen: 8 });
  }
  await ada.ask({ type: "mark", op: "read", items: [1, 3], stream: "topic:news" });
  await ada.ask({ type: "mark", op: "delete", items: [2], stream: "topic:everyone" });
  await ada.ask({ type: "mark", op: "archive", items: [4], stream: "topic:news" });
  await ada.ask({
    type: "mark",
    op: "seen",
    upTo: { "user": 1, "topic:news": 2, "topic:everyone": 3 },
  });
  await second.reaches(6);
  for (const device of [ada, second]) {
    assert.deepEqual(device.of("news").map(({ read, archived }) => [read, archived]), [
      [false, true],
      [true, false],
      [false, false],
      [true, false],
    ]);
    assert.deepEqual(device.of("everyone").map(({ title }) => title), ["All 4", "All 3", "All 1"]);
    assert.deepEqual(device.counts, { unread: 4, unseen: 1 });
    await device.equalsInbox();
  }
  await using fresh = await Device.connect(service, "ada", TOPICS);
  await fresh.equalsInbox();
  assert.deepEqual(fresh.counts, { unread: 4, unseen: 1 });
  assert.deepEqual(bob.counts, { unread: 8, unseen: 8 });
  await bob.equalsInbox();
});

Deno.test("who was away gets a topic's missed items with the marks of the other devices, and resumes there too", async () => {
  await using service = await Service.start();
  await using phone = await Device.connect(service, "ada", TOPICS);
  const away = new Device(service, "ada", TOPICS);
  await away.connect();
  await phone.ask({ type: "subscribe", topic: "news" });
  await service.published({ to: { topic: "news" }, title: "One" });
  await away.until(() => away.of("news").length === 1, "the first");
  await away.drop();
  for (const title of ["Two", "Three", "Four"]) {
    await service.published({ to: { topic: "news" }, title });
  }
  await phone.until(() => phone.of("news").length === 4, "all");
  await phone.ask({ type: "mark", op: "read", items: [1, 3], stream: "topic:news" });
  await phone.ask({ type: "mark", op: "delete", items: [2], stream: "topic:news" });
  await away.connect();
  assert.deepEqual(away.of("news").map(({ seq, read }) => [seq, read]), [
    [4, false],
    [3, true],
    [1, true],
  ]);
  const reset = away.messages.find(({ type, stream }) =>
    type === "reset" && stream !== "topic:everyone"
  );
  assert.equal(reset, undefined);
  await away.equalsInbox();
  assert.deepEqual(away.counts, { unread: 1, unseen: 1 });
  await away.close();
});

Deno.test("a token opens the topics that it names, and what a publisher granted needs none", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada", TOPICS);
  const refused = await device.request({ type: "subscribe", topic: "secret" });
  assert.deepEqual([refused.type, refused["code"]], ["error", "forbidden"]);
  const token = await service.token("ada", TOPICS.wishes);
  const own = (topic: string) => `/v1/topics/${topic}/subscription`;
  const problem = await readProblem(await call(service, "PUT", own("secret"), token));
  assert.equal(problem.code, "forbidden");
  assert.equal((await call(service, "PUT", own("news"), token)).status, 204);
  await put(service, "ada", "granted");
  await device.until(() => device.streams.length === 4, "to follow both topics");
  await service.published({ to: { users: ["ada"] }, title: "Own" });
  await service.published({ to: { topic: "news" }, title: "News" });
  await service.published({ to: { topic: "granted" }, title: "Granted" });
  await device.until(() => device.counts.unread === 3, "all three");

  // With a token that no longer allows it, what the user has joined does not count; with one that does it does again.
  await device.ask({ type: "refresh", token: await service.token("ada") });
  await using narrow = await Device.connect(service, "ada");
  assert.deepEqual(narrow.streams, ["topic:everyone", "topic:granted", "user"]);
  assert.deepEqual(narrow.counts, { unread: 2, unseen: 2 });
  await narrow.equalsInbox();
  const hidden = await narrow.request({
    type: "mark",
    op: "read",
    upTo: 1,
    stream: "topic:news",
  });
  assert.deepEqual([hidden.type, hidden["code"]], ["error", "forbidden"]);
  await using wide = await Device.connect(service, "ada", TOPICS);
  assert.deepEqual(wide.counts, { unread: 3, unseen: 3 });
});

Deno.test("everyone can be left by nobody, and a user may belong to a hundred topics", async () => {
  await using service = await Service.start();
  const wishes = { claims: { topics: ["*"] } };
  await using device = await Device.connect(service, "ada", { wishes });
  const left = await device.request({ type: "unsubscribe", topic: "everyone" });
  assert.deepEqual([left.type, left["code"]], ["error", "invalid_request"]);
  await device.ask({ type: "subscribe", topic: "everyone" });
  for (let i = 0; i < 100; i++) await device.ask({ type: "subscribe", topic: `t${i}` });
  const tooMany = await device.request({ type: "subscribe", topic: "one-more" });
  assert.deepEqual([tooMany.type, tooMany["code"]], ["error", "too_many_topics"]);
  const path = "/v1/users/ada/topics/one-more";
  const problem = await readProblem(await call(service, "PUT", path, service.key));
  assert.equal(problem.code, "too_many_topics");
  await device.ask({ type: "unsubscribe", topic: "t7" });
  await device.ask({ type: "subscribe", topic: "one-more" });
  await device.until(() => device.streams.length === 102, "to follow them all");
});

Deno.test("what expires, collapses or makes room in a topic does so for every member", async () => {
  await using service = await Service.start({ env: { BELLWIRE_INBOX_MAX: "3" } });
  await using ada = await Device.connect(service, "ada", TOPICS);
  await ada.ask({ type: "subscribe", topic: "news" });
  const publish = (notification: Record<string, unknown>) =>
    service.published({ to: { topic: "news" }, ...notification });
  await publish({ title: "Score 1", collapseKey: "score" });
  await publish({ title: "Score 2", collapseKey: "score" });
  await publish({ title: "Soon gone", ttl: 1 });
  await ada.until(() => ada.of("news").length === 2, "the new score and what will go");
  assert.deepEqual(ada.counts, { unread: 2, unseen: 2 });
  await ada.until(() => ada.of("news").length === 1, "its end");
  assert.deepEqual(ada.of("news").map(({ title }) => title), ["Score 2"]);
  assert.deepEqual(ada.counts, { unread: 1, unseen: 1 });
  for (const title of ["A", "B", "C", "D"]) await publish({ title });
  await ada.until(() => ada.of("news")[0]?.title === "D", "the last");
  assert.deepEqual(ada.of("news").map(({ title }) => title), ["D", "C", "B"]);
  assert.deepEqual(ada.counts, { unread: 3, unseen: 3 });
  await ada.equalsInbox();
});

Deno.test("who was away while the user left a topic and came back starts over with it", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada", TOPICS);
  await using other = await Device.connect(service, "ada", TOPICS);
  await other.ask({ type: "subscribe", topic: "news" });
  await service.published({ to: { topic: "news" }, title: "Before" });
  await device.until(() => device.of("news").length === 1, "the first");
  await device.close();
  // Nothing was sent meanwhile: by its number alone the cursor would still be good.
  await other.ask({ type: "unsubscribe", topic: "news" });
  await other.ask({ type: "subscribe", topic: "news" });
  await device.connect();
  await device.message(({ type, stream }) => type === "reset" && stream === "topic:news");
  assert.deepEqual(device.of("news"), []);
  await service.published({ to: { topic: "news" }, title: "After" });
  for (const each of [device, other]) {
    await each.until(() => each.of("news").length === 1, "the next one");
    await each.equalsInbox();
  }
  await Promise.all([device, other].map((each) => each.close()));
});

Deno.test("a user's collapseKey replaces what the same user has published, and nothing else", async () => {
  await using service = await Service.start();
  const wishes = { claims: { topics: ["chat"], publish: ["topic:chat"] } };
  await using ada = await Device.connect(service, "ada", { wishes });
  await using bob = await Device.connect(service, "bob", { wishes });
  for (const device of [ada, bob]) await device.ask({ type: "subscribe", topic: "chat" });
  const collapseKey = "status";
  await service.published({ to: { topic: "chat" }, title: "The service's", collapseKey });
  for (const [device, title] of [[ada, "Ada 1"], [bob, "Bob 1"], [ada, "Ada 2"]] as const) {
    await device.ask({ type: "publish", topic: "chat", title, collapseKey });
  }
  for (const device of [ada, bob]) {
    await device.until(() => device.of("chat")[0]?.title === "Ada 2", "the last");
    assert.deepEqual(device.of("chat").map(({ title }) => title), [
      "Ada 2",
      "Bob 1",
      "The service's",
    ]);
    assert(device.of("chat").every((item) => item["collapseKey"] === collapseKey));
  }
});
