import assert from "node:assert/strict";
import type { ServerMessage } from "../../protocol/messages.ts";
import type { OpenTransport, TransportEvents } from "../../client/src/transport.ts";
import { untilSockets } from "../../client/src/until_sockets.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";

const WELCOME = { type: "welcome" } as unknown as ServerMessage;
const PING: ServerMessage = { type: "ping" };
const MINUTE_MS = 60_000;

/** Connections that do as a test says. */
function fakes(name: string, log: string[]) {
  const made: TransportEvents[] = [];
  const open: OpenTransport = ({ token }, events) => {
    const n = made.push(events);
    log.push(`${name} ${n} opened with ${token}`);
    return {
      send: (message) => void log.push(`${name} ${n} said ${message.type}`),
      close: () => void log.push(`${name} ${n} closed`),
    };
  };
  return { open, made };
}

function start() {
  const clock = new VirtualClock();
  const log: string[] = [];
  const streams = fakes("stream", log);
  const sockets = fakes("socket", log);
  const open = untilSockets(streams.open, sockets.open, { clock, random: () => 0 });
  const begin = () =>
    open({
      token: "old",
      eventId: undefined,
      hello: (token) => ({ type: "hello", token, device: undefined, resume: {} }),
    }, {
      opened: () => void log.push("opened"),
      received: (messages) => void log.push(`got ${messages.map(({ type }) => type)}`),
      upgraded: () => void log.push("upgraded"),
      ended: ({ reason }) => void log.push(`ended: ${reason}`),
    });
  return { clock, log, streams: streams.made, sockets: sockets.made, begin };
}

Deno.test("sockets are tried again after two minutes, then after twice as long each time, at most every hour", async () => {
  const { clock, log, streams, sockets, begin } = start();
  begin();
  streams[0]?.received([WELCOME]);
  const times: number[] = [];
  for (let at = 1; at <= 8 * 60; at++) {
    await clock.advance(MINUTE_MS);
    if (sockets.length > times.length) times.push(at);
  }
  assert.deepEqual(times.slice(0, 5), [2, 6, 14, 30, 62]);
  assert.deepEqual(new Set(times.slice(5).map((at, i) => at - (times[i + 4] ?? 0))), new Set([60]));
  assert(log.includes("socket 1 closed"), "what does not answer is closed");
  assert(!log.some((it) => it.startsWith("ended")));
});

Deno.test("a stream that breaks more often than sockets are tried does not put that off", async () => {
  const { clock, streams, sockets, begin } = start();
  for (let i = 0; i < 5; i++) {
    begin();
    streams[i]?.received([WELCOME]);
    await clock.advance(MINUTE_MS / 2);
    streams[i]?.ended({ reason: "cut" });
  }
  assert.equal(sockets.length, 1);
});

Deno.test("the stream goes on until the service has said welcome on the socket, and nothing is told twice", async () => {
  const { clock, log, streams, sockets, begin } = start();
  const transport = begin();
  streams[0]?.opened();
  streams[0]?.received([WELCOME]);
  transport.send({ type: "refresh", token: "new", ref: "refresh" });
  transport.networkChanged?.();
  sockets[0]?.opened();
  sockets[0]?.received([PING]);
  streams[0]?.received([PING]);
  sockets[0]?.received([WELCOME]);
  streams[0]?.received([PING]);
  sockets[0]?.received([PING]);
  transport.send({ type: "pong" });
  assert.deepEqual(log, [
    "stream 1 opened with old",
    "opened",
    "got welcome",
    "stream 1 said refresh",
    "socket 1 opened with new",
    "socket 1 said hello",
    "got ping",
    "stream 1 closed",
    "upgraded",
    "got welcome",
    "got ping",
    "got ping",
    "socket 1 said pong",
  ]);
  log.length = 0;
  await clock.advance(24 * 60 * MINUTE_MS);
  sockets[0]?.ended({ reason: "cut" });
  assert.deepEqual(log, ["ended: cut"]);
});

Deno.test("a socket that ends before its welcome changes nothing, and with the stream all ends", async () => {
  const { clock, log, streams, sockets, begin } = start();
  begin();
  streams[0]?.received([WELCOME]);
  await clock.advance(2 * MINUTE_MS);
  sockets[0]?.opened();
  sockets[0]?.ended({ reason: "cut" });
  await clock.advance(4 * MINUTE_MS);
  assert.equal(sockets.length, 2);
  streams[0]?.ended({ reason: "over" });
  sockets[1]?.received([WELCOME]);
  assert.equal(log.at(-1), "ended: over");
  assert(!log.includes("upgraded"));
});
