import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { RawSocket } from "../drivers/raw_socket.ts";
import { Service } from "../drivers/service.ts";

Deno.test("a device is let in by the header, by the subprotocol and by hello", async (t) => {
  await using service = await Service.start();
  for (const by of ["header", "subprotocol", "hello"] as const) {
    await t.step(by, async () => {
      await using device = await Device.connect(service, `ada-${by}`, { by });
      const { deliveries } = await service.published({
        to: { user: `ada-${by}` },
        title: "Hello",
      });
      assert.deepEqual(deliveries, [{ stream: `user:ada-${by}`, seq: 1 }]);
      await device.reaches(1);
      await device.equalsInbox();
      const welcome = await device.message("welcome");
      assert.equal(welcome.user, `ada-${by}`);
    });
  }
  await service.connections(0);
});

/** What one upgrade request is answered; the connection is given up after the head. */
async function upgrade(service: Service, headers: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(service.url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const request = [
    "GET /v1/stream HTTP/1.1",
    `Host: ${hostname}:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  ];
  await connection.write(new TextEncoder().encode(request.join("\r\n") + "\r\n\r\n"));
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  let head = "";
  while (!head.includes("\r\n\r\n")) {
    const length = await connection.read(buffer);
    if (length === null) break;
    head += decoder.decode(buffer.subarray(0, length), { stream: true });
  }
  return head;
}

Deno.test("subprotocols may be listed in any way that HTTP allows", async (t) => {
  await using service = await Service.start();
  const token = await service.token("ada");
  const lists = {
    "with spaces": [`Sec-WebSocket-Protocol: bellwire.v1, bearer.${token}`],
    "without spaces": [`Sec-WebSocket-Protocol: bellwire.v1,bearer.${token}`],
    "with many spaces": [`Sec-WebSocket-Protocol:   bellwire.v1 ,  bearer.${token} `],
    "after ones that are not known": [`Sec-WebSocket-Protocol: mqtt,bellwire.v9, bellwire.v1`],
    "in two headers": [
      "Sec-WebSocket-Protocol: bellwire.v1",
      `Sec-WebSocket-Protocol: bearer.${token}`,
    ],
    "with the token first": [`Sec-WebSocket-Protocol: bearer.${token}, bellwire.v1`],
  };
  for (const [name, headers] of Object.entries(lists)) {
    await t.step(name, async () => {
      const head = await upgrade(service, headers);
      assert.match(head, /^HTTP\/1\.1 101 /);
      assert.match(head, /^sec-websocket-protocol: bellwire\.v1\r$/mi);
      assert(!head.includes("bearer."), "the token is echoed");
    });
  }
});

Deno.test("a client that names no subprotocol speaks bellwire.v1", async () => {
  await using service = await Service.start();
  await using socket = await RawSocket.open(service.streamUrl);
  assert.equal(socket.protocol, "");
  await socket.send({ type: "hello", token: await service.token("ada") });
  assert.equal((await socket.message("reset")).reason, "new");
});

Deno.test("a client that speaks only other versions is told so, and not to come back", async () => {
  await using service = await Service.start();
  for (const protocols of [["bellwire.v2"], ["mqtt", "graphql-ws"], ["bellwire.v1.xml"]]) {
    await using socket = await RawSocket.open(service.streamUrl, { protocols });
    const { code, disconnect } = await socket.closedByServer();
    assert.equal(code, 4508);
    assert.equal(disconnect?.code, 4508);
    assert.equal(disconnect?.reconnect, false);
  }
  await service.connections(0);
});
