import assert from "node:assert/strict";
import { rules } from "../rule.ts";
import type { Message } from "../socket.ts";
import { away, cursorOf, hello, member, notifications } from "./devices.ts";

/** E and S-9: what comes, and in which order. */
export const EVENTS = rules((rule) => {
  rule("E-1", "events name their stream", async (w) => {
    const { device, user, topic } = await member(w);
    await using _device = device;
    await w.publish({ to: { user }, title: "Own" });
    await w.publish({ to: { topic }, title: "Topic" });
    await device.until(() => notifications(device).length === 2, "both");
    const streams = notifications(device).map(({ stream }) => stream).sort();
    assert.deepEqual(streams, [`topic:${topic}`, "user"]);
  });

  rule("E-2", "without a cursor a stream begins with a reset, reason new", async (w) => {
    const user = w.name();
    await w.fill(user, 2);
    await using device = await w.device(user);
    const resets = device.messages.filter(({ type }) => type === "reset");
    assert(resets.every(({ reason }) => reason === "new"));
    assert(resets.some(({ stream }) => stream === "user"));
    assert.equal(device.items().length, 2);
  });

  rule("E-3", "with a cursor it begins with what was missed, and caughtUp", async (w) => {
    const { user, device } = await away(w, 2);
    await w.fill(user, 3);
    await w.user(user, "POST", "/v1/inbox/marks", { body: { op: "read", items: [3] } });
    await device.connect();
    const own = device.messages.filter(({ stream }) => stream === "user");
    assert(!own.some(({ type }) => type === "reset"));
    const missed = own.filter(({ type }) => type !== "caughtUp");
    assert.deepEqual(missed.map(({ live }) => live), [false, false, false, false]);
    const end = own.findIndex(({ type }) => type === "caughtUp");
    assert.equal(end, own.length - 1);
    assert.equal(own[end]?.["seq"], 6);
    await device.equalsInbox();
    await device.leave();
  });

  rule("E-4", "a cursor of another epoch, or beyond the end: reset, reason epoch", async (w) => {
    const user = w.name();
    await w.fill(user, 2);
    const first = await hello(w, user, {});
    assert.equal(first["reason"], "new");
    const elsewhere = await hello(w, user, { user: { epoch: "another", seq: 1 } });
    assert.equal(elsewhere["reason"], "epoch");
    const beyond = await hello(w, user, { user: { epoch: first["epoch"], seq: 1000 } });
    assert.equal(beyond["reason"], "epoch");
    assert.deepEqual([beyond["epoch"], beyond["seq"]], [first["epoch"], 2]);
  });

  rule("E-4", "a cursor from before joining a topic: reset, reason trimmed", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    for (let i = 0; i < 3; i++) await w.publish({ to: { topic }, title: "Before" });
    await w.publisher("PUT", `/v1/users/${user}/topics/${topic}`);
    await w.publish({ to: { topic }, title: "After" });
    const stream = `topic:${topic}`;
    const own = await hello(w, user, {});
    const first = await hello(w, user, {}, stream);
    const cursors = { user: cursorOf(own), [stream]: { epoch: first["epoch"], seq: 1 } };
    const before = await hello(w, user, cursors, stream);
    assert.equal(before["reason"], "trimmed");
    const titles = before["items"].map((item: Message) => item["title"]);
    assert.deepEqual([titles, before["seq"]], [["After"], 4]);
  });

  rule("E-18", "where the own stream begins with a reset, so does each topic", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    await w.publisher("PUT", `/v1/users/${user}/topics/${topic}`);
    await w.publish({ to: { topic }, title: "T" });
    const stream = `topic:${topic}`;
    const first = await hello(w, user, {}, stream);
    const again = await hello(w, user, { [stream]: cursorOf(first) }, stream);
    assert.deepEqual([again["reason"], again["items"]], ["new", first["items"]]);
  });

  rule("E-5", "a reset holds the 50 newest, newest first, with their flags", async (w) => {
    const user = w.name();
    const notifications = Array.from({ length: 60 }, (_, i) => ({ to: { user }, title: `${i}` }));
    await w.publisher("POST", "/v1/notifications/batch", { body: { notifications } });
    const mark = { op: "read", items: [60] };
    await w.user(user, "POST", "/v1/inbox/marks", { body: mark });
    const reset = await hello(w, user, {});
    const seqs = reset["items"].map((item: Message) => item["seq"]);
    assert.deepEqual(seqs, Array.from({ length: 50 }, (_, i) => 60 - i));
    assert.deepEqual([reset["items"][0].read, reset["items"][1].read], [true, false]);
    assert.equal(reset["seq"], 61);
  });

  rule("E-6", "missed items come as they are now, and those that are gone do not", async (w) => {
    const { user, device } = await away(w, 1);
    await w.fill(user, 4);
    const mark = (body: unknown) => w.user(user, "POST", "/v1/inbox/marks", { body });
    await mark({ op: "delete", items: [3] });
    await mark({ op: "archive", items: [4] });
    await device.connect();
    const missed = notifications(device).filter(({ stream }) => stream === "user");
    assert.deepEqual(missed.map(({ seq }) => seq), [2, 4, 5]);
    assert.deepEqual(missed.map(({ item }) => item.archived), [false, true, false]);
    for (const { counts } of missed) assert.deepEqual(counts, { unread: 3, unseen: 3 });
    await device.leave();
  });

  rule("E-7", "live events have consecutive numbers", async (w) => {
    const user = w.name();
    await using device = await w.device(user);
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => w.publish({ to: { user }, title: `${i}` })),
    );
    await device.reaches(40);
    const live = notifications(device).map(({ seq }) => seq);
    assert.deepEqual(live, Array.from({ length: 40 }, (_, i) => i + 1));
  });

  rule("E-8", "a device that comes and goes gets everything once and ends up equal", async (w) => {
    const user = w.name();
    const device = await w.device(user);
    let sent = 0;
    const publishing = (async () => {
      for (; sent < 60; sent++) await w.publish({ to: { user }, title: `${sent}` });
    })();
    while (sent < 60) {
      await device.reaches(sent);
      await device.leave();
      await device.connect();
    }
    await publishing;
    await device.reaches(60);
    assert.equal(device.items().length, 60);
    await device.equalsInbox();
    await device.leave();
  });

  rule("E-12", "a frame has less than 256 KiB, however much there is", async (w) => {
    const user = w.name();
    const large = { title: "T", body: "é".repeat(4000), data: "x".repeat(16_000) };
    for (let i = 0; i < 30; i++) await w.publish({ to: { user }, ...large });
    // The connection itself looks at the size of each frame.
    await using device = await w.device(user);
    const items = device.items().length;
    assert(items > 0 && items < 30, `${items} items in a reset`);
    const reset = device.messages.find(({ stream }) => stream === "user") as Message;
    assert.equal(reset["seq"], 30);
  });

  rule("S-9", "what is below oldest is gone", async (w) => {
    const { user, device } = await away(w, 3);
    await w.user(user, "POST", "/v1/inbox/marks", { body: { op: "delete", upTo: 2 } });
    await device.connect();
    assert.equal(device.messages[0]?.["streams"].user.oldest, 3);
    assert.deepEqual(device.items().map(({ seq }) => seq), [3]);
    await device.leave();
  });

  rule("E-9", "caughtUp says what is gone", async (w) => {
    const { user, device } = await away(w, 3);
    await w.user(user, "POST", "/v1/inbox/marks", { body: { op: "delete", upTo: 2 } });
    await device.connect();
    const end = await device.socket.next(({ type, stream }) =>
      type === "caughtUp" && stream === "user"
    );
    assert.equal(end["oldest"], 3);
    await device.leave();
  });

  rule("E-13", "a device that has seen every kind of change equals the inbox", async (w) => {
    const { device, user, topic } = await member(w);
    await using _device = device;
    for (const to of [{ user }, { topic }]) {
      for (let i = 1; i <= 6; i++) await w.publish({ to, title: `${i}`, collapseKey: `${i % 4}` });
    }
    const stream = `topic:${topic}`;
    const own = device.items().length;
    for (const [i, op] of ["read", "archive", "seen", "delete", "unread"].entries()) {
      await device.ask({ type: "mark", op, items: [own + i + 2] });
      await device.ask({ type: "mark", op, items: [i + 2], stream });
    }
    const { id } = await w.publish({ to: { users: [user, w.name()] }, title: "Recalled" });
    await w.publisher("DELETE", `/v1/notifications/${id}`);
    await w.publish({ to: { topic }, title: "Expires", ttl: 1 });
    await device.change("recall");
    await device.change("expire");
    await device.equalsInbox();
    const { body } = await w.user(user, "GET", "/v1/inbox/counts");
    assert.deepEqual(device.counts, body);
    await using fresh = await w.device(user);
    await fresh.equalsInbox();
    assert.deepEqual(fresh.counts, body);
  });

  rule("E-14", "a notification reaches devices on every instance", async (w) => {
    const user = w.name();
    const devices = await Promise.all([1, 2, 3, 4].map(() => w.device(user)));
    const { id } = await w.publish({ to: { user }, title: "T" });
    for (const device of devices) {
      await device.reaches(1);
      assert.equal(device.items()[0]?.["id"], id);
      await device.leave();
    }
  });

  rule("E-15", "joining while connected brings a reset of the topic, reason new", async (w) => {
    const { device, topic } = await member(w);
    await using _device = device;
    const reset = device.messages.find(({ type, stream }) =>
      type === "reset" && stream === `topic:${topic}`
    );
    assert.deepEqual([reset?.["reason"], reset?.["items"]], ["new", []]);
    await w.publish({ to: { topic }, title: "T" });
    await device.reaches(reset?.["seq"] + 1, `topic:${topic}`);
  });

  rule("E-16", "what is one user's comes to no other", async (w) => {
    const [ada, eve] = [w.name(), w.name()];
    await using device = await w.device(eve);
    await w.publish({ to: { user: ada }, title: "For Ada" });
    await w.user(ada, "POST", "/v1/inbox/marks", { body: { op: "read", upTo: 1 } });
    await w.publish({ to: { user: eve }, title: "For Eve" });
    await device.reaches(1);
    assert.deepEqual(notifications(device).map(({ item }) => item.title), ["For Eve"]);
  });

  rule("E-17", "a change names items or upTo, of the stream or its target", async (w) => {
    const { device, user, topic } = await member(w);
    await using _device = device;
    await w.fill(user, 1);
    await w.publish({ to: { topic }, title: "T" });
    const stream = `topic:${topic}`;
    await device.ask({ type: "mark", op: "read", upTo: 1, stream });
    await device.ask({ type: "mark", op: "archive", items: [1, 2, 3] });
    for (const change of device.messages.filter(({ type }) => type === "change")) {
      assert.notEqual("items" in change, "upTo" in change, JSON.stringify(change));
    }
    assert.equal((await device.change("read"))["target"], stream);
  });
});
