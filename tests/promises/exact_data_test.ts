import assert from "node:assert/strict";
import { encode } from "cborg";
import { Device } from "../drivers/device.ts";
import { readProblem } from "../drivers/problem.ts";
import { call } from "../drivers/publisher_calls.ts";
import { RawSocket } from "../drivers/raw_socket.ts";
import { Service } from "../drivers/service.ts";

const CHAT = { claims: { topics: ["chat"], publish: ["topic:chat"] } };
const CBOR = { "content-type": "application/cbor" };

/** Texts of `data` that have to come out as they went in. */
const KEPT = [
  "9007199254740991",
  "[1.0,1.50,1e2,-0.0,0.1,6.022e23,21.300000000000001,-9007199254740991]",
  '{"2":"b","10":"c","1":"a"}',
  '{"__proto__":{"toString":1},"constructor":null}',
  '{"emoji":"🚀","zero":"\\u0000"}',
];

/** Texts of `data` that can't be kept, and the places that have to be named. */
const REFUSED: readonly [text: string, ...paths: string[]][] = [
  ["9007199254740993", "data"],
  ['{"order":{"id":1285704473650888702}}', "data.order.id"],
  ['{"lines":[{"total":1},{"total":1e400}]}', "data.lines.1.total"],
  ['{"a":0.1000000000000000055511,"b":-9007199254740992}', "data.a", "data.b"],
  ['{"name":"\\ud83d"}', "data.name"],
  ['{"id":1,"id":2}', "data.id"],
];

function body(data: string, more = ""): string {
  return `{"to":{"user":"ada"},"title":"Order",${more}"data":${data}}`;
}

async function raw(service: Service, user: string): Promise<string> {
  return await (await service.get("/v1/inbox?limit=100", user, CHAT)).text();
}

Deno.test("data comes out as it went in, over every way in and out", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada", { encoding: "bellwire.v1.cbor" });
  for (const [i, data] of KEPT.entries()) {
    await service.published(body(data));
    assert((await raw(service, "ada")).includes(`"data":${data},`), data);
    await device.reaches(i + 1);
    assert.deepEqual(device.items[0]?.["data"], JSON.parse(data));
  }
  await using bob = await RawSocket.open(service.streamUrl, {
    headers: { authorization: `Bearer ${await service.token("bob", CHAT)}` },
  });
  await bob.send({ type: "hello" });
  await bob.message("welcome");
  await bob.send({ type: "subscribe", topic: "chat", ref: 0 });
  await bob.message("ok");
  for (const [i, data] of KEPT.entries()) {
    await bob.send(`{"type":"publish","topic":"chat","ref":"p${i}","title":"x","data":${data}}`);
    const { type, message } = await bob.message(({ ref }) => ref === `p${i}`);
    assert.equal(type, "ok", String(message));
    assert((await raw(service, "bob")).includes(`"data":${data},`), data);
  }
  // What is stored for later goes the same way.
  const sendAt = new Date(Date.now() + 500).toISOString();
  const answer = await service.publish(body(KEPT[1] as string, `"sendAt":"${sendAt}",`));
  assert.equal(answer.status, 202, await answer.text());
  await device.reaches(KEPT.length + 1);
  assert.equal((await raw(service, "ada")).split(`"data":${KEPT[1]},`).length, 3);
});

Deno.test("data of CBOR is the same numbers in JSON and in CBOR", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada", { encoding: "bellwire.v1.cbor" });
  const data = [-0, 0.1, 1e300, 2 ** 70, 5e-324, 1.5, -1, Number.MAX_SAFE_INTEGER, 2 ** 60];
  const notification = { to: { user: "ada" }, title: "x", data };
  const bytes = encode(notification);
  // cborg writes -0 as 0.
  const at = bytes.indexOf(0x89) + 1;
  const negative = Uint8Array.of(...bytes.slice(0, at), 0xf9, 0x80, 0, ...bytes.slice(at + 1));
  await service.published(negative, CBOR);
  await device.reaches(1);
  assert.deepEqual(device.items[0]?.["data"], data);
  const text = await raw(service, "ada");
  assert.deepEqual(JSON.parse(text).items[0].data, data);
  // A reader that takes a number without an exponent for a whole one is not misled.
  assert(text.includes("1.152921504606847e+18"), text);
});

Deno.test("data that can't be kept exactly is refused with its place, and nothing is published", async () => {
  await using service = await Service.start();
  for (const [data, ...paths] of REFUSED) {
    for (const more of ["", '"sendAt":"2999-01-01T00:00:00Z",']) {
      const answer = await service.publish(body(data, more));
      assert.equal(answer.status, 400);
      const { code, errors = [] } = await readProblem(answer);
      assert.equal(code, "invalid_request");
      assert.deepEqual(errors.map(({ path }) => path), paths, data);
      assert(errors.every(({ message }) => /string|twice|half of a character/.test(message)));
    }
  }
  const odd: [unknown, string][] = [
    [{ id: 2n ** 60n }, "data.id"],
    [[1, NaN], "data.1"],
    [{ a: { b: -Infinity } }, "data.a.b"],
    [{ a: undefined }, "data.a"],
  ];
  for (const [data, path] of odd) {
    const bytes = encode({ to: { user: "ada" }, title: "x", data });
    const answer = await service.publish(bytes, CBOR);
    assert.equal(answer.status, 400);
    assert.deepEqual((await readProblem(answer)).errors?.map((error) => error.path), [path]);
  }
  assert.deepEqual(await service.inbox("ada"), []);
});

Deno.test("an entry of a batch whose data can't be kept holds up no other", async () => {
  await using service = await Service.start();
  const bad = REFUSED.map(([data]) => body(data));
  const entries = [body("1"), ...bad, body("[".repeat(70) + "]".repeat(70)), body("2")];
  const answer = await call(service, "/v1/notifications/batch", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: `{"notifications":[${entries}]}`,
  });
  const { results } = await answer.json();
  const statuses = results.map(({ status }: { status: number }) => status);
  assert.deepEqual(statuses, [201, ...REFUSED.map(() => 400), 400, 201]);
  assert.deepEqual(
    results[2].error.errors.map(({ path }: { path: string }) => path),
    REFUSED[1]?.slice(1),
  );
  assert.deepEqual((await service.inbox("ada")).map((item) => item["data"]), [2, 1]);
});

Deno.test("on a socket it is an error with the place, in both encodings, and the connection stays", async () => {
  await using service = await Service.start();
  for (const encoding of ["bellwire.v1", "bellwire.v1.cbor"] as const) {
    await using socket = await RawSocket.open(service.streamUrl, {
      protocols: [encoding],
      headers: { authorization: `Bearer ${await service.token("ada", CHAT)}` },
    });
    await socket.send({ type: "hello" });
    await socket.message("welcome");
    const message = { type: "publish", topic: "chat", ref: "r", title: "x", data: { id: "?" } };
    await socket.send(
      encoding === "bellwire.v1"
        ? JSON.stringify(message).replace('"?"', "9007199254740993")
        : encode({ ...message, data: { id: 2n ** 60n } }),
    );
    const error = await socket.message("error");
    assert.deepEqual([error["ref"], error["code"]], ["r", "invalid_request"]);
    assert.match(String(error["message"]), /data\.id is a whole number beyond 2\^53/);
    await socket.send({ ...message, data: { id: "9007199254740993" } });
    await socket.message("ok");
  }
});

Deno.test("a number or a text outside of data that can't be read exactly is named too", async () => {
  await using service = await Service.start();
  const cases: [string, string][] = [
    ['{"to":{"user":"ada"},"title":"cut in an emoji \\ud83d"}', "title"],
    ['{"to":{"user":"ada"},"title":"a","ttl":60.00000000000000000001}', "ttl"],
  ];
  for (const [text, path] of cases) {
    const answer = await service.publish(text);
    assert.equal(answer.status, 400, text);
    assert.deepEqual((await readProblem(answer)).errors?.map((error) => error.path), [path]);
  }
  const json = { "content-type": "application/json" };
  const headers = { authorization: `Bearer ${await service.token("ada")}`, ...json };
  const marks = '{"op":"read","items":[1,9007199254740993]}';
  const mark = await service.fetch("/v1/inbox/marks", { method: "POST", headers, body: marks });
  assert.equal(mark.status, 400);
  assert.deepEqual((await readProblem(mark)).errors?.map((error) => error.path), ["items.1"]);
});

Deno.test("a repeat with the same key and other data is another call, however close the numbers", async () => {
  await using service = await Service.start();
  const headers = { "idempotency-key": "k" };
  await service.published(body("9007199254740991"), headers);
  const other = await service.publish(body("9007199254740990"), headers);
  assert.equal(other.status, 422, await other.text());
  // What is refused keeps no key.
  const refused = await service.publish(body("9007199254740993"), headers);
  assert.equal(refused.status, 400, await refused.text());
});
