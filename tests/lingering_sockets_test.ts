import assert from "node:assert/strict";
import { Service } from "./support/service.ts";

Deno.test("connections that were closed and won't go count against the cap all the same", async () => {
  await using service = await Service.start({ env: { BELLWIRE_MAX_CONNECTIONS: "10" } });
  const { hostname, port } = new URL(service.url);
  const request = [
    "GET /v1/stream HTTP/1.1",
    `Host: ${hostname}:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: nope",
    "\r\n",
  ].join("\r\n");
  using peers = new DisposableStack();
  const statuses: number[] = [];
  for (let i = 0; i < 80; i++) {
    const peer = peers.use(await Deno.connect({ hostname, port: Number(port) }));
    await peer.write(new TextEncoder().encode(request));
    const answer = new Uint8Array(64);
    await peer.read(answer);
    // What it is told over the socket is never read, and its close frame never answered.
    statuses.push(Number(new TextDecoder().decode(answer).split(" ")[1]));
  }
  assert.equal(statuses[0], 101);
  assert.equal(statuses.at(-1), 503);
});
