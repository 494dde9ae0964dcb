import assert from "node:assert/strict";
import { encode } from "cborg";
import fc from "fast-check";
import { withBytes } from "../../src/encoding/binary_data.ts";
import { parseCbor } from "../../src/encoding/cbor.ts";
import type { ExactData } from "../../src/encoding/exact_data.ts";
import { FINE } from "../drivers/bad_notifications.ts";
import { call } from "../drivers/publisher_calls.ts";
import { refuses } from "../drivers/refusal.ts";
import { Service } from "../drivers/service.ts";

/** A notification whose title has a byte that UTF-8 does not know. */
function malformed(): Uint8Array {
  const bytes = encode({ ...FINE, title: "x".repeat(100) });
  bytes[bytes.indexOf(0x78, bytes.length - 100)] = 0xff;
  return bytes;
}

const utf8 = new TextEncoder();

/** A notification as a map of indefinite length, with one more key and what follows it. */
function open(key: string, more: readonly number[]): Uint8Array {
  const fine = encode(FINE);
  return Uint8Array.of(0xbf, ...fine.slice(1), ...encode(key), ...more, 0xff);
}

/** An array of so many of this byte. */
function filled(length: number, byte: number): Uint8Array {
  const bytes = new Uint8Array(5 + length).fill(byte);
  bytes[0] = 0x9a;
  new DataView(bytes.buffer).setUint32(1, length);
  return bytes;
}

const CBOR = { "content-type": "application/cbor" };
const BYTES = Uint8Array.of(0, 1, 254, 255, 62, 63);

Deno.test("a publish in CBOR is one in JSON, and byte strings in data are told as texts", async () => {
  await using service = await Service.start();
  const data = { plain: "x", bytes: BYTES, "a/b~c": [1, new Uint8Array()], none: null };
  const body = { to: { user: "ada" }, title: "Hello", priority: "high", data };
  const headers = { ...CBOR, "idempotency-key": "k" };
  const answer = await service.publish(encode(body), headers);
  assert.equal(answer.status, 201, await answer.clone().text());
  const { id } = await answer.json();
  const repeat = await service.publish(encode(body), headers);
  assert.equal(repeat.headers.get("idempotent-replayed"), "true", await repeat.text());
  const [item, ...more] = await service.inbox("ada");
  assert.equal(more.length, 0);
  assert(item !== undefined);
  assert.equal(item.id, id);
  assert.equal(item["priority"], "high");
  assert.deepEqual(item["data"], { plain: "x", bytes: "AAH-_z4_", "a/b~c": [1, ""], none: null });
  assert.deepEqual(item["binary"], ["/a~1b~0c/1", "/bytes"]);
  const read = { data: item["data"], binary: item["binary"] as string[] };
  assert.deepEqual(withBytes(read), data);
});

Deno.test("an item without byte strings has no field that tells of any", async () => {
  await using service = await Service.start();
  const body = { to: { user: "ada" }, title: "Plain", data: { text: "AAH-_z4_" } };
  const answer = await service.publish(encode(body), CBOR);
  assert.equal(answer.status, 201, await answer.text());
  await service.published(body);
  for (const item of await service.inbox("ada")) {
    assert.deepEqual(item["data"], body.data);
    assert(!("binary" in item));
  }
});

Deno.test("data that is one byte string, and a batch in CBOR, are taken as well", async () => {
  await using service = await Service.start();
  const body = encode({ notifications: [{ ...FINE, data: BYTES }, { ...FINE, title: BYTES }] });
  const answer = await call(service, "/v1/notifications/batch", {
    method: "POST",
    body: body as BodyInit,
    headers: CBOR,
  });
  const { results } = await answer.json();
  assert.deepEqual(results.map(({ status }: { status: number }) => status), [201, 400]);
  const [item] = await service.inbox("ada");
  assert.equal(item?.["data"], "AAH-_z4_");
  assert.deepEqual(item?.["binary"], [""]);
});

Deno.test("CBOR that can't be read, or that JSON has nothing for, is refused", async () => {
  await using service = await Service.start();
  const bodies: [string, Uint8Array][] = [
    ["nothing", new Uint8Array()],
    ["JSON", new TextEncoder().encode(JSON.stringify(FINE))],
    ["cut off", encode(FINE).slice(0, -1)],
    ["something behind it", Uint8Array.of(...encode(FINE), 1)],
    ["nested without end", new Uint8Array(60_000).fill(0x81)],
    ["a list that claims to be huge", Uint8Array.of(0x9b, 0x7f, 255, 255, 255, 255, 255, 255, 255)],
    ["bytes that claim to be huge", Uint8Array.of(0x5b, 0, 0x1f, 255, 255, 255, 255, 255, 255)],
    ["a text that is not UTF-8", Uint8Array.of(0xa1, 0x65, ...[0x74, 0xc3, 0x28, 0x6c, 0x65], 1)],
    ["a long text that is not UTF-8", malformed()],
    ["a tag", Uint8Array.of(0xc1, 0x01)],
    ["undefined", encode({ ...FINE, data: undefined })],
    ["NaN", encode({ ...FINE, data: NaN })],
    ["infinity", encode({ ...FINE, data: Infinity })],
    ["a number beyond 2^53", encode({ ...FINE, data: 2n ** 60n })],
    ["a key that is no text", encode(new Map<unknown, unknown>([[1, 2]]))],
    ["a key twice", Uint8Array.of(0xa2, 0x61, 0x61, 1, 0x61, 0x61, 2)],
    ["bytes outside of data", encode({ ...FINE, title: BYTES })],
    ["bytes as recipient", encode({ ...FINE, to: BYTES })],
    ["bytes for all", encode(BYTES)],
    ["an unknown field", encode({ ...FINE, titel: BYTES })],
    ["the field of the answer", encode({ ...FINE, binary: [""] })],
    ["__proto__", encode(new Map<string, unknown>([["__proto__", FINE], ...Object.entries(FINE)]))],
    ["a break as the value of a field", open("data", [0xff])],
    ["a break as the title", Uint8Array.of(0xa1, 0x65, ...utf8.encode("title"), 0xff)],
    ["a map of fields that ends after a key", open("data", [])],
    ["too much data", encode({ ...FINE, data: new Uint8Array(12 * 1024) })],
  ];
  for (const [name, body] of bodies) {
    const answer = await service.publish(body, CBOR);
    const { status } = answer;
    await refuses(answer, [status, "invalid_request"]);
    assert.equal(status, 400, name);
  }
  for (const byte of [0xa0, 0x80, 0x40, 0xff]) {
    const body = filled(1024 * 1024 - 5, byte);
    const init = { method: "POST", body: body as BodyInit, headers: CBOR };
    await refuses(await call(service, "/v1/notifications/batch", init), [400, "invalid_request"]);
  }
  const many = encode({ ...FINE, data: Array.from({ length: 5_000 }, () => new Uint8Array()) });
  await refuses(await service.publish(many, CBOR), [413, "payload_too_large"]);
  assert.deepEqual(await service.inbox("ada"), []);
  assert.deepEqual(service.output.log.filter(({ level }) => level === "error"), []);
});

Deno.test("byte strings become texts and come back, wherever they are", () => {
  const leaf = fc.oneof(fc.uint8Array({ maxLength: 8 }), fc.string(), fc.integer(), fc.boolean());
  const { data } = fc.letrec((tie) => ({
    data: fc.oneof(
      leaf,
      fc.array(tie("data"), { maxLength: 4 }),
      fc.dictionary(
        fc.oneof(fc.string(), fc.constantFrom("__proto__", "a/b", "~", "~1")),
        tie("data"),
        {
          maxKeys: 4,
          noNullPrototype: true,
        },
      ),
    ),
  }));
  fc.assert(fc.property(data, (data) => {
    const { data: read } = parseCbor(encode({ data })) as { data: ExactData };
    assert.deepEqual(read.issues, []);
    assert.deepEqual(read.value, data);
    const stored = { data: JSON.parse(read.json), binary: read.binary };
    assert.deepEqual(withBytes(stored), data);
  }));
});
