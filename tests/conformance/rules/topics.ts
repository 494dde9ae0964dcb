import assert from "node:assert/strict";
import { rules } from "../rule.ts";
import { refused, type World } from "../world.ts";

/** T: topics. */
export const TOPICS = rules((rule) => {
  rule("T-1", "a user joins and leaves", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    const bearer = await w.token(user, { topics: [topic] });
    const path = `/v1/topics/${topic}/subscription`;
    assert.equal((await w.call("PUT", path, { bearer })).status, 204);
    await w.publish({ to: { topic }, title: "T" });
    assert.equal((await w.inbox(user, "", bearer))[0]?.["stream"], `topic:${topic}`);
    assert.equal((await w.call("DELETE", path, { bearer })).status, 204);
    assert.deepEqual(await w.inbox(user, "", bearer), []);
  });

  rule("T-2", "a publisher has a user join and leave", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    await join(w, user, topic);
    await w.publish({ to: { topic }, title: "T" });
    assert.equal((await w.inbox(user)).length, 1);
    await leave(w, user, topic);
    assert.deepEqual(await w.inbox(user), []);
    refused(await w.publisher("PUT", `/v1/users/${user}/topics/a%20b`), 400, "invalid_request");
  });

  rule("T-3", "a repeat is harmless, and no event", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    for (let i = 0; i < 3; i++) await join(w, user, topic);
    for (let i = 0; i < 3; i++) await leave(w, user, topic);
    const { deliveries } = await w.publish({ to: { user }, title: "Next" });
    assert.equal(deliveries[0]?.seq, 3);
  });

  rule(
    "T-4",
    "a user needs a token that allows the topic, a publisher's wish does not",
    async (w) => {
      const [user, topic] = [w.name(), w.name()];
      const path = `/v1/topics/${topic}/subscription`;
      refused(await w.user(user, "PUT", path), 403, "forbidden");
      await join(w, user, topic);
      await w.publish({ to: { topic }, title: "T" });
      assert.equal((await w.inbox(user)).length, 1);
    },
  );

  rule("T-5", "what the user has joined is in force only while the token says so", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    const wide = await w.token(user, { topics: [topic] });
    await w.call("PUT", `/v1/topics/${topic}/subscription`, { bearer: wide });
    await w.publish({ to: { topic }, title: "T" });
    await w.publish({ to: { user }, title: "Own" });
    assert.equal((await w.inbox(user, "", wide)).length, 2);
    const narrow = await w.user(user, "GET", "/v1/inbox");
    assert.deepEqual(narrow.body.items.map(({ title }: { title: string }) => title), ["Own"]);
    assert.deepEqual(narrow.body.counts, { unread: 1, unseen: 1 });
    await using device = await w.device(user);
    assert(!device.streams.includes(`topic:${topic}`));
    await w.publish({ to: { topic }, title: "T" });
    await w.publish({ to: { user }, title: "Own" });
    await device.until(() => device.items().length === 2, "the own items");
    assert(device.messages.every(({ stream }) => stream !== `topic:${topic}`));
    assert.deepEqual(device.counts, { unread: 2, unseen: 2 });
  });

  rule("T-6", "what was there before joining does not count", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    await w.publish({ to: { topic }, title: "Before" });
    await join(w, user, topic);
    await w.publish({ to: { topic }, title: "After" });
    const { body } = await w.user(user, "GET", "/v1/inbox");
    assert.deepEqual(body.items.map(({ title }: { title: string }) => title), ["After"]);
    assert.deepEqual(body.counts, { unread: 1, unseen: 1 });
  });

  rule("T-7", "after leaving, the topic's items are gone, also when joining again", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    await using device = await w.device(user);
    await join(w, user, topic);
    await device.until(() => device.streams.includes(`topic:${topic}`), "to follow the topic");
    await w.publish({ to: { topic }, title: "T" });
    await device.until(() => device.items(`topic:${topic}`).length === 1, "the item");
    await leave(w, user, topic);
    await device.change("leave");
    assert.deepEqual(device.counts, { unread: 0, unseen: 0 });
    await join(w, user, topic);
    await device.until(() => device.streams.includes(`topic:${topic}`), "to follow it again");
    assert.deepEqual(device.items(`topic:${topic}`), []);
    await device.equalsInbox();
  });

  rule("T-8", "the hundred and first topic: 409 too_many_topics", async (w) => {
    const user = w.name();
    for (let i = 0; i < 100; i++) await join(w, user, w.name());
    const answer = await w.publisher("PUT", `/v1/users/${user}/topics/${w.name()}`);
    refused(answer, 409, "too_many_topics");
  });

  rule("T-9", "everyone can be joined without an effect, and not be left", async (w) => {
    const user = w.name();
    await w.publish({ to: { user }, title: "T" });
    const path = "/v1/topics/everyone/subscription";
    assert.equal((await w.user(user, "PUT", path)).status, 204);
    refused(await w.user(user, "DELETE", path), 400, "invalid_request");
    const other = await w.publisher("DELETE", `/v1/users/${user}/topics/everyone`);
    refused(other, 400, "invalid_request");
  });

  rule("T-9", "what is sent to everyone reaches those who were there, and counts", async (w) => {
    const [early, late] = [w.name(), w.name()];
    await using device = await w.device(early);
    const { id, deliveries } = await w.publish({
      to: { everyone: true },
      title: "A test of conformance",
      ttl: 60,
    });
    await device.until(
      () => device.items("topic:everyone").some((item) => item["id"] === id),
      "what was sent to everyone",
    );
    await using after = await w.device(late);
    assert(after.items("topic:everyone").every((item) => item["id"] !== id));
    await w.publisher("DELETE", `/v1/notifications/${id}`);
    await device.change("recall", ({ items }) => items.includes(deliveries[0]?.seq));
  }, "everyone");

  rule("T-10", "devices learn of joining and leaving", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    const claims = { topics: [topic] };
    await using phone = await w.device(user, { claims });
    await using laptop = await w.device(user, { claims });
    const target = `topic:${topic}`;
    await phone.ask({ type: "subscribe", topic });
    for (const device of [phone, laptop]) {
      const join = await device.change("join");
      assert.deepEqual([join["stream"], join["target"]], ["user", target]);
      assert.notEqual(join["granted"], true);
      await device.until(() => device.streams.includes(target), "to follow the topic");
    }
    await w.publish({ to: { topic }, title: "T" });
    for (const device of [phone, laptop]) await device.reaches(1, target);
    await leave(w, user, topic);
    for (const device of [phone, laptop]) {
      assert.equal((await device.change("leave"))["target"], target);
    }
    await join(w, user, topic);
    const granted = await phone.change("join", (change) => change["granted"] === true);
    assert.equal(granted["target"], target);
  });
});

async function join(w: World, user: string, topic: string): Promise<void> {
  const { status, text } = await w.publisher("PUT", `/v1/users/${user}/topics/${topic}`);
  assert.equal(status, 204, text);
}

async function leave(w: World, user: string, topic: string): Promise<void> {
  const { status, text } = await w.publisher("DELETE", `/v1/users/${user}/topics/${topic}`);
  assert.equal(status, 204, text);
}
