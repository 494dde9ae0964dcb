import assert from "node:assert/strict";
import { encode } from "cborg";
import { rules } from "../rule.ts";

const CBOR = "bellwire.v1.cbor";

/** X: the socket in CBOR. */
export const BINARY = rules((rule) => {
  rule("X-1", "the same messages, in binary frames", async (w) => {
    const user = w.name();
    await w.fill(user, 2);
    const device = await w.device(user, { protocol: CBOR });
    assert.equal(device.socket.protocol, CBOR);
    await device.ask({ type: "mark", op: "read", items: [1] });
    await device.change("read");
    await device.isRefused({ type: "dance" }, "invalid_request");
    await device.leave();
    await w.fill(user, 1);
    await device.connect();
    assert.equal(device.items().length, 3);
    assert.deepEqual(device.counts, { unread: 2, unseen: 2 });
    await device.equalsInbox();
    await device.leave();
  });

  rule("X-1", "of both kinds the first that is offered is taken", async (w) => {
    const token = `bearer.${await w.token(w.name())}`;
    for (const protocols of [[CBOR, "bellwire.v1"], ["bellwire.v1", CBOR]]) {
      await using socket = await w.socket({ protocols: [...protocols, token] });
      assert.equal(socket.protocol, protocols[0]);
    }
  });

  rule("X-2", "byte strings in data are byte strings", async (w) => {
    const user = w.name();
    const data = { a: [new Uint8Array([251, 255, 190]), "text"], "b/c": new Uint8Array(0) };
    const body = new Uint8Array(encode({ to: { user }, title: "Bytes", data }));
    const headers = { "content-type": "application/cbor" };
    await using live = await w.device(user, { protocol: CBOR });
    await w.publisher("POST", "/v1/notifications", { body, headers });
    await w.publish({ to: { user }, title: "None", data: { a: "-_--" } });
    await live.reaches(2);
    await using fresh = await w.device(user, { protocol: CBOR });
    for (const device of [live, fresh]) {
      const [bytes, none] = device.items();
      assert.deepEqual(bytes?.["data"], data);
      assert.deepEqual([bytes?.["binary"], none?.["binary"]], [undefined, undefined]);
      assert.deepEqual(none?.["data"], { a: "-_--" });
    }
  });

  rule("X-3", "a publish may hold byte strings", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    await w.publisher("PUT", `/v1/users/${user}/topics/${topic}`);
    const claims = { publish: [`topic:${topic}`] };
    await using device = await w.device(user, { protocol: CBOR, claims });
    const data = { bytes: new Uint8Array([1, 2, 3]) };
    await device.ask({ type: "publish", topic, title: "T", data });
    await device.reaches(1, `topic:${topic}`);
    assert.deepEqual(device.items(`topic:${topic}`)[0]?.["data"], data);
  });

  rule("X-4", "no CBOR, or a text frame: 4501", async (w) => {
    const token = `bearer.${await w.token(w.name())}`;
    for (const data of [new Uint8Array([0xff]), '{"type":"hello"}']) {
      await using socket = await w.socket({ protocols: [CBOR, token] });
      socket.send(data);
      await socket.closes(4501);
    }
  });
});
