import assert from "node:assert/strict";
import { encode } from "cborg";
import { encodeBinary } from "../../../src/gateway/protocol/frame.ts";
import { Device } from "../../drivers/device.ts";
import { Service } from "../../drivers/service.ts";

const CBOR = "bellwire.v1.cbor";
const CHAT = { claims: { topics: ["chat"], publish: ["topic:chat"] } };
const data = {
  thumbnail: Uint8Array.of(0, 255, 128),
  nested: [{ "a/b": Uint8Array.of() }, "AP-A"],
};
const AS_JSON = { thumbnail: "AP-A", nested: [{ "a/b": "" }, "AP-A"] };
const POINTERS = ["/nested/0/a~1b", "/thumbnail"];

/** A device that speaks CBOR, and one that speaks JSON. */
async function pair(service: Service) {
  const binary = await Device.connect(service, "ada", { wishes: CHAT, encoding: CBOR });
  const json = await Device.connect(service, "ada", { wishes: CHAT });
  return { binary, json };
}

function assertBytes(item: Record<string, unknown> | undefined): void {
  assert(item !== undefined);
  assert.deepEqual(item["data"], data);
  assert(!("binary" in item));
}

Deno.test("byte strings of a publisher are byte strings in CBOR and texts in JSON, live and missed", async () => {
  await using service = await Service.start();
  const { binary, json } = await pair(service);
  const headers = { "content-type": "application/cbor" };
  const notification = encode({ to: { user: "ada" }, title: "Bytes", data });
  await service.published(notification, headers);
  await Promise.all([binary, json].map((device) => device.reaches(1)));
  assertBytes(binary.items[0]);
  assert.deepEqual(json.items[0]?.["data"], AS_JSON);
  assert.deepEqual(json.items[0]?.["binary"], POINTERS);

  await binary.close();
  await service.published(notification, headers);
  await binary.connect();
  assertBytes(binary.items[0]);
  assert.equal(binary.notified.at(-1)?.live, false);

  await using fresh = await Device.connect(service, "ada", { encoding: CBOR });
  assert.deepEqual(fresh.items.map(({ seq }) => seq), [2, 1]);
  for (const item of fresh.items) assertBytes(item);
  await Promise.all([binary, json, fresh].map((device) => device.close()));
});

Deno.test("byte strings may be published over the socket, and a repeat of them is told from another", async () => {
  await using service = await Service.start();
  const { binary, json } = await pair(service);
  for (const device of [binary, json]) await device.ask({ type: "subscribe", topic: "chat" });
  const message = { type: "publish", topic: "chat", title: "Bytes", data, idempotencyKey: "one" };
  await binary.ask(message);
  await binary.ask(message);
  const other = { ...message, data: { ...data, thumbnail: Uint8Array.of(1) } };
  assert.equal((await binary.request(other))["code"], "idempotency_conflict");
  await Promise.all(
    [binary, json].map((device) => device.until(() => device.of("chat").length === 1, "it")),
  );
  assertBytes(binary.of("chat")[0]);
  assert.deepEqual(json.of("chat")[0]?.["data"], AS_JSON);
  assert.equal((await json.request({ ...message, data: AS_JSON }))["type"], "error");

  const misplaced = await binary.request({
    ...message,
    idempotencyKey: "two",
    title: Uint8Array.of(1),
  });
  assert.equal(misplaced["code"], "invalid_request");
  await Promise.all([binary, json].map((device) => device.close()));
});

Deno.test("a reset whose numbers grow in CBOR goes without its oldest items, and stays below 256 KiB", () => {
  const numbers = JSON.stringify(Array.from({ length: 4_000 }, () => 0.1));
  const items = Array.from({ length: 15 }, (_, i) => `{"seq":${15 - i},"data":${numbers}}`);
  const json = `{"type":"reset","stream":"user","items":[${items.join(",")}],"seq":15}`;
  assert(json.length < 256 * 1024);
  const bytes = encodeBinary([json]);
  assert(bytes.length < 256 * 1024 && bytes.length > 200 * 1024, `${bytes.length} bytes`);
});
