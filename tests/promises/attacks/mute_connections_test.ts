import assert from "node:assert/strict";
import { GOODBYE_MS } from "../../../src/gateway/transport/open_connections.ts";
import { Device } from "../../drivers/device.ts";
import { eventually } from "../../drivers/deadline.ts";
import { CONTINUATION, frameBytes } from "../../drivers/frame_bytes.ts";
import { HostilePeer } from "../../drivers/hostile_peer.ts";
import { RawSocket } from "../../drivers/raw_socket.ts";
import { Service } from "../../drivers/service.ts";

const MIB = 1024 * 1024;
const PIECE = new Uint8Array(64 * 1024).fill("a".charCodeAt(0));

/** Connects so many peers that say nothing and read nothing. */
async function mute(
  service: Service,
  count: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<DisposableStack & { readonly peers: readonly HostilePeer[] }> {
  const stack = new DisposableStack();
  const peers: HostilePeer[] = [];
  for (let i = 0; i < count; i++) {
    peers.push(stack.use(await HostilePeer.connect(service.url, headers)));
  }
  return Object.assign(stack, { peers });
}

async function allDropped(peers: readonly HostilePeer[]): Promise<void> {
  await Promise.all(peers.map((peer) => peer.untilDropped("a connection that was sent away")));
}

for (const workers of ["1", "2"]) {
  Deno.test(`connections that say nothing keep no device out, with ${workers} workers`, async () => {
    await using service = await Service.start({
      env: { BELLWIRE_MAX_CONNECTIONS: "100", BELLWIRE_WORKERS: workers },
    });
    using silent = await mute(service, 161);
    // While they are all there, and again and again: a device that says hello gets in.
    for (let i = 0; i < 10; i++) {
      await using device = await eventually(async () => {
        try {
          return await Device.connect(service, `user${i}`);
        } catch {
          // Two workers share connections by chance: one of them may have nothing but new ones.
          return undefined;
        }
      }, "a device to get in");
      await device.close();
    }
    // And nothing of the others is left when they have had their time.
    await allDropped(silent.peers);
    await service.connections(0);
    await using device = await Device.connect(service, "ada");
    assert(device.isOpen);
  });
}

Deno.test("connections that are refused and ignore it are dropped, so that there is room for others", async () => {
  await using service = await Service.start({ env: { BELLWIRE_MAX_CONNECTIONS: "10" } });
  const refused = { "Sec-WebSocket-Protocol": "nope" };
  using lingering = await mute(service, 80, refused);
  // 61 is all the room there is: each of the last made one of the first go.
  assert(lingering.peers.every(({ status }) => status === 101));
  await allDropped(lingering.peers);
});

for (const hello of [false, true]) {
  const who = hello ? "a device" : "a stranger";
  Deno.test(`a message without an end is cut and given back, from ${who}`, async () => {
    await using service = await Service.start({
      env: { BELLWIRE_HEARTBEAT_MS: "300", BELLWIRE_PONG_TIMEOUT_MS: "1500" },
    });
    const memory = () => service.metric("bellwire_resident_memory_bytes");
    const before = await memory();
    using peer = await HostilePeer.connect(service.url, {
      Authorization: `Bearer ${await service.token("ada")}`,
    });
    if (hello) await peer.send('{"type":"hello"}');
    await peer.send({ fin: false, payload: PIECE });
    const piece = frameBytes({ opcode: CONTINUATION, fin: false, payload: PIECE });
    for (let i = 0; i < 1_600 && await peer.sendBytes(piece); i++);
    assert(await memory() - before > 60 * MIB);
    await service.connections(0);
    await peer.untilDropped("a message without an end");
    await eventually(async () => await memory() - before < 40 * MIB, "its memory");
    assert.deepEqual(service.output.log.filter(({ level }) => level === "error"), []);
  });
}

Deno.test("messages without an end can't take gigabytes before their deadline", async () => {
  await using service = await Service.start();
  using silent = await mute(service, 3);
  const eight = new Uint8Array(8 * (14 + PIECE.length));
  const piece = frameBytes({ opcode: CONTINUATION, fin: false, payload: PIECE });
  for (let i = 0; i < 8; i++) eight.set(piece, i * piece.length);
  let isOver = false;
  const floods = Promise.all(silent.peers.map(async (peer) => {
    await peer.send({ fin: false, payload: PIECE });
    for (let i = 0; i < 1_600 && await peer.sendBytes(eight, 20_000); i++);
  })).finally(() => isOver = true);
  let peak = 0;
  while (!isOver) {
    peak = Math.max(peak, await service.metric("bellwire_resident_memory_bytes"));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await floods;
  assert(peak < 1024 * MIB, `${peak / MIB} MiB`);
  await service.connections(0);
});

Deno.test("a message that no text can hold ends the connection with 4509, and frees it", async () => {
  await using service = await Service.start();
  await using socket = await RawSocket.open(service.streamUrl);
  using peer = await HostilePeer.connect(service.url, {
    Authorization: `Bearer ${await service.token("ada")}`,
  });
  await peer.send('{"type":"hello"}');
  const piece = frameBytes({ opcode: CONTINUATION, fin: false, payload: PIECE });
  await peer.send({ fin: false, payload: PIECE });
  for (let i = 0; i < 8_192 && await peer.sendBytes(piece, 20_000); i++);
  await peer.send({ opcode: CONTINUATION, payload: PIECE }, 20_000);
  await service.connections(0);
  await peer.untilDropped("a message of 512 MiB");
  assert.deepEqual(service.output.log.filter(({ level }) => level === "error"), []);
  assert.equal(await service.metric('bellwire_sessions_ended_total\\{code="4509"\\}'), 1);
  await socket.drop();
});

Deno.test("peers that read nothing keep their user's places until they go, and nobody else's", async () => {
  await using service = await Service.start({ env: { BELLWIRE_MAX_CONNECTIONS_PER_USER: "3" } });
  const more = () =>
    service.published({ to: { user: "ada" }, title: "More", data: "x".repeat(16_000) });
  await Promise.all(Array.from({ length: 50 }, more));
  const connect = async () => {
    const socket = await RawSocket.open(service.streamUrl);
    await socket.send({ type: "hello", token: await service.token("ada") });
    return socket;
  };

  const stalled = await mute(service, 3);
  const token = await service.token("ada", { ttl: 30 });
  for (const peer of stalled.peers) await peer.send(JSON.stringify({ type: "hello", token }));
  // Until the buffers of both systems are full, and so is the service's own.
  await eventually(async () => {
    // On a busy machine one at a time would take longer than the token is good for.
    await Promise.all(Array.from({ length: 8 }, more));
    return await service.metric("bellwire_parked_connections") === 3;
  }, "all peers to be paused");
  await service.connections(0);
  assert.equal(await service.metric('bellwire_sessions_ended_total\\{code="4003"\\}'), 3);
  // They had their time to say goodbye; what they did not read can't be taken back from Deno.
  await new Promise((resolve) => setTimeout(resolve, GOODBYE_MS + 1_000));
  await using fourth = await connect();
  assert.equal((await fourth.closedByServer()).code, 4504);
  await using other = await Device.connect(service, "bob");
  assert(other.isOpen);

  stalled.dispose();
  await eventually(async () => {
    await using socket = await connect();
    await socket.until(() => socket.messages.length > 0, "an answer");
    return socket.messages[0]?.type === "welcome";
  }, "their places to be free");
});
