import assert from "node:assert/strict";
import { encode } from "cborg";
import { rules } from "../rule.ts";
import { refused, type World } from "../world.ts";

const PUBLISH = "/v1/notifications";
const BATCH = `${PUBLISH}/batch`;

/** P-15 to P-17, I and B: other ways to publish, and to do so again. */
export const REPEATING = rules((rule) => {
  rule("P-15", "a body may be CBOR", async (w) => {
    const user = w.name();
    const { status, body } = await publishCbor(w, { to: { user }, title: "CBOR" });
    assert.equal(status, 201);
    assert.equal((await w.inbox(user))[0]?.["id"], body.id);
  });

  rule(
    "P-16",
    "in CBOR only data may hold byte strings; tags and the like are refused",
    async (w) => {
      const user = w.name();
      const notification = { to: { user }, title: "T" };
      const bytes = new Uint8Array([1, 2]);
      refused(await publishCbor(w, { ...notification, title: bytes }), 400, "invalid_request");
      const wrong = [
        "c000",
        "f7",
        "f97e00",
        "f97c00",
        "1bffffffffffffffff",
        "a10102",
        "a2616101616102",
      ];
      for (const hex of wrong) {
        const body = splice(encode({ ...notification, data: "here" }), "here", hex);
        refused(await publishCbor(w, body), 400, "invalid_request");
      }
    },
  );

  rule("P-17", "a byte string is base64url text in JSON, and `binary` points at it", async (w) => {
    const user = w.name();
    await using device = await w.device(user);
    const data = { a: [new Uint8Array([251, 255, 190]), "text"], "b/c": new Uint8Array(0) };
    await publishCbor(w, { to: { user }, title: "T", data });
    await device.reaches(1);
    for (const item of [device.items()[0], (await w.inbox(user))[0]]) {
      assert.deepEqual(item?.["data"], { a: ["-_--", "text"], "b/c": "" });
      assert.deepEqual([...item?.["binary"]].sort(), ["/a/0", "/b~1c"]);
    }
  });

  rule("I-1", "a key has 1 to 255 printable ASCII characters", async (w) => {
    const body = { to: { user: w.name() }, title: "T" };
    const send = (key: string) =>
      w.publisher("POST", PUBLISH, { body, headers: { "idempotency-key": key } });
    assert.equal((await send(w.name().padEnd(255, "~"))).status, 201);
    for (const key of ["", "x".repeat(256), "é"]) {
      refused(await send(key), 400, "invalid_request");
    }
  });

  rule("I-2", "a repeat gets the first answer and publishes nothing", async (w) => {
    const user = w.name();
    const headers = { "idempotency-key": w.name() };
    const body = { to: { user }, title: "T" };
    const first = await w.publisher("POST", PUBLISH, { body, headers });
    assert.equal(first.headers.get("idempotent-replayed"), null);
    for (let i = 0; i < 3; i++) {
      const repeat = await w.publisher("POST", PUBLISH, { body, headers });
      assert.deepEqual([repeat.status, repeat.body], [201, first.body]);
      assert.equal(repeat.headers.get("idempotent-replayed"), "true");
    }
    assert.equal((await w.inbox(user)).length, 1);
  });

  rule("I-3", "the same key with another body: 422 idempotency_conflict", async (w) => {
    const user = w.name();
    const headers = { "idempotency-key": w.name() };
    await w.publish({ to: { user }, title: "T" }, { headers });
    const body = { to: { user }, title: "Another" };
    refused(await w.publisher("POST", PUBLISH, { body, headers }), 422, "idempotency_conflict");
    assert.equal((await w.inbox(user)).length, 1);
  });

  rule("I-4", "of twins at the same time one publishes", async (w) => {
    const user = w.name();
    const headers = { "idempotency-key": w.name() };
    const body = { to: { user }, title: "T" };
    const twins = await Promise.all(
      Array.from({ length: 8 }, () => w.publisher("POST", PUBLISH, { body, headers })),
    );
    const taken = twins.filter(({ status }) => status === 201);
    assert(taken.length > 0);
    assert.equal(new Set(taken.map(({ text }) => text)).size, 1);
    for (const twin of twins.filter((twin) => !taken.includes(twin))) {
      refused(twin, 409, "idempotency_in_progress");
      assert(Number(twin.headers.get("retry-after")) >= 1);
    }
    assert.equal((await w.inbox(user)).length, 1);
  });

  rule("I-5", "a call that was refused keeps no key", async (w) => {
    const user = w.name();
    const headers = { "idempotency-key": w.name() };
    const wrong = await w.publisher("POST", PUBLISH, { body: { to: { user } }, headers });
    refused(wrong, 400, "invalid_request");
    await w.publish({ to: { user }, title: "Right" }, { headers });
  });

  rule("B-1", "a batch has a result for each, in their order", async (w) => {
    const users = [w.name(), w.name()];
    const notifications = users.map((user) => ({ to: { user }, title: user }));
    const sendAt = new Date(Date.now() + 864e5).toISOString();
    const later = { to: { user: w.name() }, title: "Later", sendAt };
    const { status, body } = await batch(w, [...notifications, later]);
    assert.equal(status, 200);
    assert.deepEqual(body.results.map((result: Result) => result.status), [201, 201, 202]);
    for (const [i, user] of users.entries()) {
      assert.equal((await w.inbox(user))[0]?.["id"], body.results[i].id);
    }
    const cancelled = await w.publisher("DELETE", `${PUBLISH}/${body.results[2].id}`);
    assert.equal(cancelled.status, 204);
  });

  rule("B-2", "one that is not valid has a problem and holds up no other", async (w) => {
    const user = w.name();
    const { status, body } = await batch(w, [
      { to: { user }, title: "1" },
      { to: { user }, title: "" },
      7,
      { to: { user }, title: "2" },
    ]);
    assert.equal(status, 200);
    assert.deepEqual(body.results.map((result: Result) => result.status), [201, 400, 400, 201]);
    assert.equal(body.results[1].error.code, "invalid_request");
    assert.equal(body.results[1].error.errors[0].path, "title");
    assert.deepEqual((await w.inbox(user)).map(({ title }) => title), ["2", "1"]);
  });

  rule("B-3", "a recipient of several gets them in the order of the batch", async (w) => {
    const user = w.name();
    const titles = Array.from({ length: 100 }, (_, i) => `${i}`);
    await batch(w, titles.map((title) => ({ to: { user }, title })));
    assert.deepEqual((await w.inbox(user)).map(({ title }) => title).reverse(), titles);
  });

  rule("B-4", "the repeat of a batch gets the same results and publishes nothing", async (w) => {
    const user = w.name();
    const headers = { "idempotency-key": w.name() };
    const notifications = [1, 2].map((i) => ({ to: { user }, title: `${i}` }));
    const first = await batch(w, notifications, headers);
    const repeat = await batch(w, notifications, headers);
    assert.deepEqual([repeat.status, repeat.body], [200, first.body]);
    assert.equal(repeat.headers.get("idempotent-replayed"), "true");
    refused(await batch(w, notifications.slice(1), headers), 422, "idempotency_conflict");
    assert.equal((await w.inbox(user)).length, 2);
  });

  rule("B-6", "no notification, more than 100, or another field: 400", async (w) => {
    const one = { to: { user: w.name() }, title: "T" };
    refused(await batch(w, []), 400, "invalid_request");
    refused(await batch(w, Array.from({ length: 101 }, () => one)), 400, "invalid_request");
    const body = { notifications: [one], colour: "red" };
    refused(await w.publisher("POST", BATCH, { body }), 400, "invalid_request");
  });
});

interface Result {
  readonly status: number;
}

function batch(w: World, notifications: unknown[], headers: Record<string, string> = {}) {
  return w.publisher("POST", BATCH, { body: { notifications }, headers });
}

function publishCbor(w: World, notification: unknown) {
  const body = notification instanceof Uint8Array ? notification : encode(notification);
  const headers = { "content-type": "application/cbor" };
  return w.publisher("POST", PUBLISH, { body: new Uint8Array(body), headers });
}

/** Puts bytes in the place of a text of four letters. */
function splice(bytes: Uint8Array, text: string, hex: string): Uint8Array {
  const letters = new TextEncoder().encode(text);
  const at = bytes.findIndex((_, i) => letters.every((letter, j) => bytes[i + j] === letter));
  // One more before it: the length of the text.
  return new Uint8Array([
    ...bytes.subarray(0, at - 1),
    ...Uint8Array.fromHex(hex),
    ...bytes.subarray(at + letters.length),
  ]);
}
