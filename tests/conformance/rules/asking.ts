import assert from "node:assert/strict";
import { rules } from "../rule.ts";

const MARK = { type: "mark", op: "read", upTo: 1 };

/** W and D: what a client asks, and how a connection ends. */
export const ASKING = rules((rule) => {
  rule("W-1", "a ref comes back, as the number or text that it was", async (w) => {
    await using device = await w.device(w.name());
    const { socket } = device;
    for (const ref of ["a", 0, 7.5, "x".repeat(128)]) {
      socket.send({ ...MARK, ref });
      await socket.next((message) => message.type === "ok" && message["ref"] === ref);
    }
    socket.send({ type: "subscribe", topic: w.name(), ref: "no" });
    const error = await socket.next("error");
    assert.deepEqual([error["ref"], error["code"]], ["no", "forbidden"]);
    assert.equal(typeof error["message"], "string");
    socket.send(MARK);
    socket.send({ ...MARK, ref: "last" });
    await socket.next(({ ref }) => ref === "last");
    assert.equal(socket.messages.filter(({ type }) => type === "ok").length, 5);
  });

  rule("W-2", "after ok it is there for everybody", async (w) => {
    const user = w.name();
    await w.fill(user, 1);
    await using device = await w.device(user);
    await device.ask(MARK);
    assert.equal((await w.inbox(user))[0]?.["read"], true);
  });

  rule("W-3", "requests are carried out in their order", async (w) => {
    const user = w.name();
    await w.fill(user, 1);
    await using device = await w.device(user);
    const ops = ["read", "unread", "archive", "unarchive", "read", "archive"];
    device.socket.send(ops.map((op, ref) => ({ type: "mark", op, items: [1], ref })));
    const answers = () => device.messages.filter(({ type }) => type === "ok");
    await device.until(() => answers().length === ops.length, "all answers");
    assert.deepEqual(answers().map(({ ref }) => ref), [0, 1, 2, 3, 4, 5]);
    await device.reaches(1 + ops.length);
    const changes = device.messages.filter(({ type }) => type === "change");
    assert.deepEqual(changes.map(({ op }) => op), ops);
  });

  rule("W-4", "what is not valid is answered, and the connection stays", async (w) => {
    await using device = await w.device(w.name());
    for (
      const wrong of [{ type: "dance" }, { type: "mark", op: "burn", upTo: 1 }, {
        type: "subscribe",
      }]
    ) {
      await device.isRefused(wrong, "invalid_request");
    }
    device.socket.send([7, null, { no: "type" }]);
    await device.ask({ ...MARK, colour: "red" });
    const errors = device.messages.filter(({ type }) => type === "error");
    assert.equal(errors.length, 6);
  });

  rule("W-4", "whoever goes on with it is closed with 4501", async (w) => {
    await using device = await w.device(w.name());
    device.socket.send(Array.from({ length: 500 }, () => ({ type: "dance" })));
    await device.socket.closes(4501);
  });

  rule("W-5", "a mark reaches all devices, also the one that asks", async (w) => {
    const user = w.name();
    await w.fill(user, 2);
    await using phone = await w.device(user);
    await using laptop = await w.device(user);
    await phone.ask({ type: "mark", op: "read", items: [2] });
    for (const device of [phone, laptop]) {
      assert.deepEqual((await device.change("read"))["items"], [2]);
      assert.deepEqual(device.counts, { unread: 1, unseen: 1 });
    }
    const stream = `topic:${w.name()}`;
    await phone.isRefused({ type: "mark", op: "read", upTo: 1, stream }, "forbidden");
    await phone.isRefused({ type: "mark", op: "read" }, "invalid_request");
  });

  rule("W-6", "subscribe and unsubscribe", async (w) => {
    const topic = w.name();
    await using device = await w.device(w.name(), { claims: { topics: [topic] } });
    for (let i = 0; i < 2; i++) await device.ask({ type: "subscribe", topic });
    await device.until(() => device.streams.includes(`topic:${topic}`), "to follow the topic");
    await device.isRefused({ type: "subscribe", topic: w.name() }, "forbidden");
    await device.isRefused({ type: "subscribe", topic: "a b" }, "invalid_request");
    await device.isRefused({ type: "unsubscribe", topic: "everyone" }, "invalid_request");
    for (let i = 0; i < 2; i++) await device.ask({ type: "unsubscribe", topic });
    await device.until(() => !device.streams.includes(`topic:${topic}`), "to follow it no more");
  });

  rule(
    "W-7",
    "publish to a topic that the token allows, with the sender's id as from",
    async (w) => {
      const [ada, bob, topic] = [w.name(), w.name(), w.name()];
      const claims = { topics: [topic], publish: [`topic:${topic}`] };
      await using sender = await w.device(ada, { claims });
      await using reader = await w.device(bob, { claims });
      for (const device of [sender, reader]) {
        await device.ask({ type: "subscribe", topic });
        await device.until(() => device.streams.includes(`topic:${topic}`), "to follow the topic");
      }
      await sender.ask({ type: "publish", topic, title: "Hi", data: { n: 1 } });
      for (const device of [sender, reader]) {
        await device.reaches(1, `topic:${topic}`);
        const [item] = device.items(`topic:${topic}`);
        assert.deepEqual([item?.["title"], item?.["from"], item?.["data"]], ["Hi", ada, { n: 1 }]);
      }
      await sender.isRefused({ type: "publish", topic: w.name(), title: "T" }, "forbidden");
      await sender.isRefused({ type: "publish", topic, title: "" }, "invalid_request");
      const more = { to: { user: bob }, from: bob, colour: "red" };
      await sender.ask({ type: "publish", topic, title: "More", ...more });
      await reader.reaches(2, `topic:${topic}`);
      const item = reader.items(`topic:${topic}`)[1];
      assert.deepEqual([item?.["from"], item?.["colour"]], [ada, undefined]);
    },
  );

  rule("A-11", "without the claim publish nothing can be published", async (w) => {
    const topic = w.name();
    await using device = await w.device(w.name(), { claims: { topics: [topic] } });
    await device.isRefused({ type: "publish", topic, title: "T" }, "forbidden");
    const claims = { publish: [`topic:${topic}.*`] };
    await using other = await w.device(w.name(), { claims });
    await other.isRefused({ type: "publish", topic, title: "T" }, "forbidden");
    await other.ask({ type: "publish", topic: `${topic}.a`, title: "T" });
  });

  rule("W-8", "an idempotencyKey makes a repeat harmless", async (w) => {
    const [user, topic, idempotencyKey] = [w.name(), w.name(), w.name()];
    await w.publisher("PUT", `/v1/users/${user}/topics/${topic}`);
    await using device = await w.device(user, { claims: { publish: [`topic:${topic}`] } });
    const message = { type: "publish", topic, idempotencyKey };
    for (let i = 0; i < 3; i++) await device.ask({ ...message, title: "Once" });
    await device.isRefused({ ...message, title: "Another" }, "idempotency_conflict");
    await w.publish({ to: { topic }, title: "A publisher's" }, {
      headers: { "idempotency-key": idempotencyKey },
    });
    assert.deepEqual((await w.inbox(user)).map(({ title }) => title), ["A publisher's", "Once"]);
  });

  rule("W-9", "refresh takes another token of the same user, and topics follow it", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    await using device = await w.device(user, { claims: { topics: [topic] } });
    await device.ask({ type: "subscribe", topic });
    const follows = () => device.streams.includes(`topic:${topic}`);
    await device.until(follows, "to follow the topic");
    await device.isRefused({ type: "refresh", token: await w.token(w.name()) }, "forbidden");
    await device.isRefused({ type: "refresh", token: "nonsense" }, "unauthorized");
    await device.ask({ type: "refresh", token: await w.token(user) });
    await device.isRefused({ type: "subscribe", topic }, "forbidden");
    const wide = await w.token(user, { topics: [topic] });
    await device.ask({ type: "refresh", token: wide });
    await device.ask({ type: "subscribe", topic });
    await w.publish({ to: { topic }, title: "T" });
    await device.reaches(1, `topic:${topic}`);
  });

  rule("D-1", "a ping comes when heartbeatMs have passed", async (w) => {
    await using device = await w.device(w.name());
    const { heartbeatMs } = device.messages[0] as { heartbeatMs?: number };
    await device.socket.next("ping", "a ping", { ms: (heartbeatMs ?? 0) + 5000 });
  });

  rule("D-2", "without a pong: 4012", async (w) => {
    const token = await w.token(w.name());
    await using socket = await w.socket({ protocols: ["bellwire.v1", `bearer.${token}`] });
    socket.send({ type: "hello" });
    const { heartbeatMs } = await socket.next("welcome");
    await socket.closes(4012, heartbeatMs + 20_000);
  });

  rule("D-3", "disconnect comes before the close, with its code", async (w) => {
    const token = await w.token(w.name());
    await using socket = await w.socket({ protocols: ["bellwire.v1", `bearer.${token}`] });
    socket.send("{");
    await socket.closes(4501);
    const last = socket.messages.at(-1);
    assert.deepEqual([last?.type, last?.["code"]], ["disconnect", 4501]);
    assert.equal(typeof last?.["reason"], "string");
  });

  rule("D-4", "reconnect is what the code says", async (w) => {
    await using bad = await w.socket({ protocols: ["bellwire.v1", "bearer.nonsense"] });
    await bad.closes(4500);
    assert.equal(bad.messages.at(-1)?.["reconnect"], false);
    await using late = await w.socket({ protocols: ["bellwire.v1"] });
    await late.closes(4009, 20_000);
    assert.equal(late.messages.at(-1)?.["reconnect"], true);
  });

  rule("D-5", "closed with 4003 when the token expires, unless a new one came", async (w) => {
    const user = w.name();
    const claims = { ttl: 8 };
    await using ends = await w.device(user, { claims });
    await using stays = await w.device(user, { claims });
    await stays.ask({ type: "refresh", token: await w.token(user) });
    await ends.socket.closes(4003);
    await stays.ask(MARK);
  });
});
