import assert from "node:assert/strict";
import { eventually } from "../drivers/deadline.ts";
import { CLOSE, frameBytes, type WebSocketFrame } from "../drivers/frame_bytes.ts";
import { RawHttp } from "../drivers/raw_http.ts";
import { RawSocket } from "../drivers/raw_socket.ts";
import { Service } from "../drivers/service.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** A connection of a client that writes its frames by hand; it has said hello. */
async function connect(service: Service): Promise<RawHttp> {
  const http = await RawHttp.connect(service.url);
  await http.send(
    [
      "GET /v1/stream HTTP/1.1",
      "Host: a.example",
      `Authorization: Bearer ${await service.token("ada")}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ].join("\r\n") + "\r\n\r\n",
  );
  assert.equal((await http.answer()).status, 101);
  await http.send(frameBytes({ payload: encode('{"type":"hello"}') }));
  return http;
}

async function stillWorks(service: Service): Promise<void> {
  await service.connections(0);
  await using socket = await RawSocket.open(service.streamUrl);
  await socket.send({ type: "hello", token: await service.token("witness") });
  await socket.message("reset");
  await service.published({ to: { user: "witness" }, title: "Still here" });
  await socket.message("notification");
  await socket.close();
  await service.connections(0);
  assert.deepEqual(service.output.log.filter(({ level }) => level === "error"), []);
}

Deno.test("frames that no client may send end the connection, and nothing else", async () => {
  await using service = await Service.start();
  const frames: Record<string, WebSocketFrame> = {
    "reserved bits": { reserved: 7, payload: encode('{"type":"pong"}') },
    "an unknown opcode": { opcode: 3 },
    "an unknown control opcode": { opcode: 0xb },
    "not UTF-8": { payload: Uint8Array.of(0x22, 0xc3, 0x28, 0x22) },
    "a continuation of nothing": { opcode: 0, payload: encode("x") },
    "a ping in fragments": { opcode: 9, fin: false },
    "a ping that is too long": { opcode: 9, payload: new Uint8Array(126) },
    "a close of one byte": { opcode: CLOSE, payload: Uint8Array.of(3) },
    "a close with a code that may not be sent": { opcode: CLOSE, payload: Uint8Array.of(3, 237) },
    "a close whose reason is not UTF-8": {
      opcode: CLOSE,
      payload: Uint8Array.of(3, 232, 0xc3, 0x28),
    },
    "a length beyond all memory": { length: 2n ** 62n },
    "a length with its highest bit set": { length: 2n ** 63n },
    "a length above 64 MiB": { length: 65n * 1024n * 1024n },
  };
  for (const [name, frame] of Object.entries(frames)) {
    using http = await connect(service);
    await service.connections(1);
    await http.send(frameBytes(frame));
    // What is sent after a broken frame, or instead of what it promised, changes nothing.
    await http.send(frameBytes({ payload: encode('{"type":"pong"}') }));
    await http.untilClosed(name);
    await service.connections(0);
  }
  await stillWorks(service);
});

Deno.test("pings, pongs and empty frames of WebSocket's own are harmless", async () => {
  await using service = await Service.start();
  using http = await connect(service);
  await service.connections(1);
  for (let i = 0; i < 1_000; i++) await http.send(frameBytes({ opcode: i % 2 === 0 ? 9 : 10 }));
  await http.send(frameBytes({ fin: false }));
  await http.send(frameBytes({ opcode: 0, fin: false, payload: encode('{"type":') }));
  await http.send(frameBytes({ opcode: 9, payload: encode("in between") }));
  await http.send(frameBytes({ opcode: 0, payload: encode('"nonsense","ref":"in pieces"}') }));
  await http.untilText('"ref":"in pieces"');
  await http.send(frameBytes({ opcode: CLOSE, payload: Uint8Array.of(3, 232) }));
  await http.untilClosed("a close");
  await stillWorks(service);
});

Deno.test("who sends a message without an end is forgotten when a pong is due", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_HEARTBEAT_MS: "300", BELLWIRE_PONG_TIMEOUT_MS: "1500" },
  });
  using http = await connect(service);
  await service.connections(1);
  const piece = encode("x".repeat(1024));
  await http.send(frameBytes({ fin: false, payload: piece }));
  await eventually(async () => {
    await http.send(frameBytes({ opcode: 0, fin: false, payload: piece }));
    return await service.metric("bellwire_connections") === 0;
  }, "the session to be forgotten");
  await http.untilText('"code":4012');
  await stillWorks(service);
});
