import assert from "node:assert/strict";
import { rules } from "../rule.ts";
import type { Message } from "../socket.ts";
import { refused } from "../world.ts";

const V1 = "bellwire.v1";

/** S: opening a socket. */
export const CONNECTING = rules((rule) => {
  rule("S-1", "of the subprotocols that are offered the first known one is taken", async (w) => {
    const token = `bearer.${await w.token(w.name())}`;
    const chosen = async (protocols: string[]) => {
      await using socket = await w.socket({ protocols });
      return socket.protocol;
    };
    assert.equal(await chosen([V1, token]), V1);
    assert.equal(await chosen([token, "bellwire.v9", V1]), V1);
    assert.equal(await chosen([]), "");
  });

  rule("S-2", "the token comes by header, subprotocol or hello", async (w) => {
    const user = w.name();
    const token = await w.token(user);
    await using header = await w.socket({ headers: { authorization: `Bearer ${token}` } });
    header.send({ type: "hello" });
    await using subprotocol = await w.socket({ protocols: [V1, `bearer.${token}`] });
    subprotocol.send({ type: "hello" });
    await using hello = await w.socket({ protocols: [V1] });
    hello.send({ type: "hello", token });
    for (const socket of [header, subprotocol, hello]) {
      assert.equal((await socket.next("welcome"))["user"], user);
      assert(!socket.protocol.includes("bearer"));
    }
  });

  rule("S-3", "only unknown versions: closed with 4508", async (w) => {
    const token = await w.token(w.name());
    await using socket = await w.socket({ protocols: ["bellwire.v9", `bearer.${token}`] });
    await socket.closes(4508);
  });

  rule("S-4", "a bad token is upgraded and closed with 4500", async (w) => {
    for (const token of ["nonsense", (await w.token(w.name())).slice(0, -2) + "zz"]) {
      await using socket = await w.socket({ protocols: [V1, `bearer.${token}`] });
      await socket.closes(4500);
    }
    await using none = await w.socket({ protocols: [V1] });
    none.send({ type: "hello" });
    await none.closes(4500);
  });

  rule("S-4", "an expired token is closed with 4003, a revoked one with 4503", async (w) => {
    const iat = Math.floor(Date.now() / 1000) - 120;
    const expired = await w.token(w.name(), { iat, ttl: -60 });
    await using late = await w.socket({ protocols: [V1, `bearer.${expired}`] });
    await late.closes(4003);
    const jti = w.name();
    await w.publisher("POST", "/v1/revocations", { body: { jti } });
    const revoked = await w.token(w.name(), { jti });
    await using ended = await w.socket({ protocols: [V1, `bearer.${revoked}`] });
    ended.send({ type: "hello" });
    await ended.closes(4503);
  }, "secret");

  rule("S-5", "a frame may hold an array of messages", async (w) => {
    const token = await w.token(w.name());
    await using socket = await w.socket({ protocols: [V1] });
    const mark = { type: "mark", op: "read", upTo: 1 };
    socket.send([{ type: "hello", token }, { ...mark, ref: "a" }, { ...mark, ref: "b" }]);
    await socket.until(
      () => socket.messages.filter(({ type }) => type === "ok").length === 2,
      "ok",
    );
  });

  rule("S-6", "no hello within ten seconds: 4009", async (w) => {
    await using socket = await w.socket({ protocols: [V1] });
    await socket.closes(4009, 20_000);
  });

  rule("S-6", "another message first, or hello twice: 4501", async (w) => {
    const token = await w.token(w.name());
    for (const first of [{ type: "pong" }, { type: "mark", op: "read", upTo: 1 }, { type: "x" }]) {
      await using socket = await w.socket({ protocols: [V1, `bearer.${token}`] });
      socket.send(first);
      await socket.closes(4501);
    }
    await using twice = await w.socket({ protocols: [V1, `bearer.${token}`] });
    twice.send({ type: "hello" });
    await twice.next("welcome");
    twice.send({ type: "hello" });
    await twice.closes(4501);
  });

  rule("S-7", "welcome is the first message", async (w) => {
    const user = w.name();
    await w.fill(user, 3);
    await using device = await w.device(user);
    assert.equal(device.messages.find(({ type }) => type !== "ping")?.type, "welcome");
  });

  rule("S-7", "welcome comes before the error of a message in the same frame", async (w) => {
    const token = await w.token(w.name());
    await using socket = await w.socket({ protocols: [V1, `bearer.${token}`] });
    socket.send([{ type: "hello" }, { type: "x", ref: 1 }]);
    await socket.next("error");
    assert.equal(socket.messages.find(({ type }) => type !== "ping")?.type, "welcome");
  });

  rule("S-8", "welcome tells the session, the user and the streams", async (w) => {
    const user = w.name();
    await w.fill(user, 3);
    await w.user(user, "POST", "/v1/inbox/marks", { body: { op: "delete", items: [1] } });
    await using one = await w.device(user);
    await using two = await w.device(user);
    const [first, second] = [one, two].map(({ messages }) => messages[0] as Message);
    assert.notEqual(first?.["session"], second?.["session"]);
    assert.equal(first?.["user"], user);
    assert(first?.["heartbeatMs"] > 0);
    const left = Date.parse(first?.["expiresAt"]) - Date.parse(first?.["now"]);
    assert(left > 3_500_000 && left < 3_700_000);
    assert.deepEqual(first?.["counts"], { unread: 2, unseen: 2 });
    const { user: own, "topic:everyone": everyone } = first?.["streams"];
    assert.deepEqual([own.seq, own.oldest, typeof own.epoch], [4, 2, "string"]);
    assert.equal(typeof everyone.epoch, "string");
  });

  rule("S-10", "a frame above 64 KiB: 4509; no JSON, or a binary frame: 4501", async (w) => {
    const token = await w.token(w.name());
    const cases: [string | Uint8Array, number][] = [
      [JSON.stringify({ type: "hello", x: "x".repeat(64 * 1024) }), 4509],
      ["{", 4501],
      [new Uint8Array([0xa0]), 4501],
    ];
    for (const [data, code] of cases) {
      await using socket = await w.socket({ protocols: [V1, `bearer.${token}`] });
      socket.send(data);
      await socket.closes(code);
    }
    await using fits = await w.socket({ protocols: [V1, `bearer.${token}`] });
    fits.send(JSON.stringify({ type: "hello", x: "x".repeat(60 * 1024) }));
    await fits.next("welcome");
  });

  rule("S-13", "a request for neither a WebSocket nor events: 426", async (w) => {
    refused(await w.user(w.name(), "GET", "/v1/stream"), 426, "upgrade_required");
  });

  rule("S-14", "more messages in one frame than may wait: 4013", async (w) => {
    const token = await w.token(w.name());
    await using socket = await w.socket({ protocols: [V1, `bearer.${token}`] });
    socket.send({ type: "hello" });
    await socket.next("welcome");
    socket.send(Array.from({ length: 257 }, () => ({ type: "pong" })));
    await socket.closes(4013);
  });
});
