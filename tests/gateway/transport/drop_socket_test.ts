import assert from "node:assert/strict";
import {
  canDrop,
  dropSocket,
  reportFailedReading,
} from "../../../src/gateway/transport/drop_socket.ts";
import { within } from "../../drivers/deadline.ts";
import { HostilePeer } from "../../drivers/hostile_peer.ts";

const MISSING =
  `Deno ${Deno.version.deno} no longer has what src/gateway/transport/drop_socket.ts uses. The ` +
  "service runs without it, but a peer can then keep a closed connection for as long as it likes: " +
  "find another means before this version is used.";

/** A server socket, and the client of it. */
async function connect() {
  const opened = Promise.withResolvers<WebSocket>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.addEventListener("open", () => opened.resolve(socket));
    return response;
  });
  const client = new WebSocket(`ws://127.0.0.1:${server.addr.port}`);
  const ended = new Promise<number>((resolve) => client.onclose = ({ code }) => resolve(code));
  await within(new Promise((resolve) => client.onopen = resolve), "the upgrade");
  const socket = await within(opened.promise, "a socket");
  return {
    socket,
    client,
    ended,
    async [Symbol.asyncDispose]() {
      dropSocket(socket);
      client.close();
      await within(ended, "the client's end");
      await within(server.shutdown(), "the server's end");
    },
  };
}

Deno.test("this version of Deno can drop the connection of a socket", async () => {
  await using connection = await connect();
  const { socket, ended } = connection;
  assert(canDrop(socket), MISSING);
  const closed = new Promise<void>((resolve) => socket.addEventListener("close", () => resolve()));
  assert(dropSocket(socket), MISSING);
  await within(closed, "the server's close event");
  // There was no close frame.
  assert.notEqual(await within(ended, "the client's end"), 1000);
  // Once more does no harm.
  dropSocket(socket);
});

Deno.test("this version of Deno says when the reading of a socket fails", async () => {
  assert(reportFailedReading(), MISSING);
  assert(reportFailedReading(), "a second call does no harm");
  await using connection = await connect();
  const { socket, client } = connection;
  const failed = new Promise<void>((resolve) => socket.addEventListener("error", () => resolve()));
  // As it fails where a message can't be made into an event.
  Object.defineProperty(socket, "binaryType", {
    get() {
      throw new RangeError("too long");
    },
  });
  client.send(new Uint8Array(1));
  await within(failed, "the error event");
  assert.equal(socket.readyState, WebSocket.OPEN);
});

Deno.test("where Deno has no such means nothing is dropped and nothing fails", () => {
  assert.equal(dropSocket({} as WebSocket), false);
  assert.equal(canDrop({} as WebSocket), false);
});

Deno.test("the net below holds: Deno's idle timeout cuts a peer that answers nothing", async () => {
  const closed = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 1 });
    socket.addEventListener("close", () => closed.resolve());
    return response;
  });
  {
    using peer = await HostilePeer.connect(`http://127.0.0.1:${server.addr.port}`);
    await within(closed.promise, "the close event");
    await peer.untilDropped("a peer that answers no ping");
  }
  await within(server.shutdown(), "the server's end");
});
