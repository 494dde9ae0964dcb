import assert from "node:assert/strict";
import { encode } from "cborg";
import { RawSocket } from "../../drivers/raw_socket.ts";
import { Service } from "../../drivers/service.ts";

const CBOR = "bellwire.v1.cbor";
const KIB = 1024;

function bytes(...parts: (number | string | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "number" ? [part] : typeof part === "string" ? [...encode(part)] : [...part]
    ),
  );
}

/** An array of one in an array of one, and so on. */
function nested(levels: number): Uint8Array {
  const deep = new Uint8Array(levels + 1).fill(0x81);
  deep[levels] = 0;
  return deep;
}

const BAD: Readonly<Record<string, Uint8Array>> = {
  "nothing": bytes(),
  "a text that breaks off": bytes(0x65, 0x61),
  "a text with a length beyond all memory": bytes(0x7b, new Uint8Array(8).fill(0xff)),
  "a byte string of 4 GiB": bytes(0x5a, new Uint8Array(4).fill(0xff)),
  "an array of 2^32 entries": bytes(0x9a, new Uint8Array(4).fill(0xff), 1, 2),
  "an array of 2^53 entries": bytes(0x9b, 0, 0x1f, new Uint8Array(6).fill(0xff), 1),
  "a map of 2^32 entries": bytes(0xba, new Uint8Array(4).fill(0xff), "type", "pong"),
  "an array of indefinite length": bytes(0x9f, encode({ type: "pong" }), 0xff),
  "a map of indefinite length": bytes(0xbf, "type", "pong", 0xff),
  "a text of indefinite length": bytes(0xa1, "type", 0x7f, "po", "ng", 0xff),
  "a break of nothing": bytes(0xff),
  "text that is not UTF-8": bytes(0xa1, "type", 0x62, 0xc3, 0x28),
  "a simple value that is not well-formed": bytes(0xf8, 0x18),
  "two values in one frame": bytes(encode({ type: "pong" }), encode({ type: "pong" })),
  "nesting as deep as a frame holds": nested(64 * KIB - 1),
};

/** CBOR, but not what a message may hold. */
const NOT_VALID: Readonly<Record<string, Uint8Array>> = {
  "a tag": bytes(0xc0, encode({ type: "pong" })),
  "a tag as the type": bytes(0xa1, "type", 0xc2, 0x41, 1),
  "the same key twice": bytes(0xa2, "type", "pong", "type", "pong"),
  "a number as a key": bytes(0xa2, "type", "pong", 1, 1),
  "undefined as the type": bytes(0xa1, "type", 0xf7),
  "NaN as the ref": bytes(0xa2, "type", "subscribe", "ref", 0xf9, 0x7e, 0),
  "a number beyond 2^53 as the ref": bytes(
    ...[0xa2, "type", "subscribe", "ref", 0x1b, new Uint8Array(8).fill(0xff)],
  ),
};

async function open(service: Service, protocols: readonly string[] = [CBOR]): Promise<RawSocket> {
  return await RawSocket.open(service.streamUrl, {
    protocols,
    headers: { authorization: `Bearer ${await service.token("ada")}` },
  });
}

Deno.test("frames that are no CBOR of this protocol end the connection with 4501, and nothing else", async () => {
  await using service = await Service.start();
  await using witness = await open(service);
  await witness.send({ type: "hello" });
  for (const [name, frame] of Object.entries(BAD)) {
    await using socket = await open(service);
    await socket.send({ type: "hello" });
    await socket.message("welcome");
    await socket.send(frame);
    const { code, disconnect } = await socket.closedByServer();
    assert.deepEqual([code, disconnect?.code], [4501, 4501], name);
  }
  await service.published({ to: { user: "ada" }, title: "Still here" });
  await witness.message("notification");
  await witness.close();
  await service.connections(0);
  assert.deepEqual(service.output.log.filter(({ level }) => level === "error"), []);
});

Deno.test("messages that hold what is not read are answered with an error, and the connection stays", async () => {
  await using service = await Service.start();
  await using socket = await open(service);
  await socket.send({ type: "hello" });
  await socket.message("welcome");
  for (const [name, frame] of Object.entries(NOT_VALID)) {
    await socket.send(frame);
    assert.equal((await socket.message("error"))["code"], "invalid_request", name);
  }
  // Fields that are not known are passed over, whatever they hold.
  await socket.send(bytes(0xa2, "type", "pong", "x", 0xf7));
  await socket.close();
});

Deno.test("text frames are not CBOR, binary frames are not JSON, and 64 KiB are enough", async () => {
  await using service = await Service.start();
  const cases = [
    [CBOR, '{"type":"hello"}', 4501],
    ["bellwire.v1", encode({ type: "hello" }), 4501],
    [CBOR, encode({ type: "hello", padding: "x".repeat(64 * KIB) }), 4509],
  ] as const;
  for (const [protocol, frame, code] of cases) {
    await using socket = await open(service, [protocol]);
    await socket.send(frame);
    const ended = await socket.closedByServer();
    assert.deepEqual([ended.code, ended.disconnect?.code], [code, code]);
  }
  await using fits = await open(service);
  const padding = "x".repeat(64 * KIB - encode({ type: "hello", padding: "" }).length - 2);
  await fits.send(encode({ type: "hello", padding }));
  await fits.message("welcome");
  await fits.close();
});

Deno.test("a client that offers several subprotocols gets the first that is known", async () => {
  await using service = await Service.start();
  const cases = [
    [["bellwire.v1.cbor", "bellwire.v1"], "bellwire.v1.cbor"],
    [["bellwire.v1", "bellwire.v1.cbor"], "bellwire.v1"],
    [["bellwire.v9", "bellwire.v1.cbor"], "bellwire.v1.cbor"],
  ] as const;
  for (const [protocols, chosen] of cases) {
    await using socket = await open(service, protocols);
    assert.equal(socket.protocol, chosen);
    await socket.send([{ type: "hello" }, { type: "subscribe", topic: "x".repeat(200), ref: 1 }]);
    await socket.message("welcome");
    assert.equal((await socket.message("error"))["ref"], 1);
    await socket.close();
  }
});
