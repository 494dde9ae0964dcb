import assert from "node:assert/strict";
import { Inbound } from "../../../src/gateway/session/inbound.ts";
import { MessageLimit } from "../../../src/gateway/session/message_limit.ts";
import { Session } from "../../../src/gateway/session/session.ts";
import { activate } from "../../fakes/active_session.ts";
import { FakeTransport, messagesOf } from "../../fakes/fake_transport.ts";
import { RawSocket } from "../../drivers/raw_socket.ts";
import { Service } from "../../drivers/service.ts";
import { VirtualClock } from "../../fakes/virtual_clock.ts";

const QUOTA = { limit: 10, windowMs: 10_000 };

function create() {
  const clock = new VirtualClock();
  const transport = new FakeTransport({ sending() {}, readable() {} });
  const session = new Session("s1", { transport, ended() {} });
  const handled: unknown[] = [];
  const listener = { authenticate() {}, handle: (message: unknown) => void handled.push(message) };
  const inbound = new Inbound(session, listener, { limit: new MessageLimit(QUOTA, clock) });
  activate(session);
  const say = (ref: number) =>
    inbound.receive(JSON.stringify({ type: "refresh", token: "t", ref }));
  return { clock, transport, session, handled, inbound, say };
}

Deno.test("messages above the quota are refused by their ref, and can be said again later", async () => {
  const { clock, transport, handled, say } = create();
  for (let ref = 0; ref < 12; ref++) say(ref);
  assert.equal(handled.length, 10);
  const refusals = messagesOf(transport);
  assert.deepEqual(
    refusals.map(({ type, ref, code }) => ({ type, ref, code })),
    [10, 11].map((ref) => ({ type: "error", ref, code: "rate_limited" })),
  );
  await clock.advance(1_000);
  say(10);
  assert.equal(handled.length, 11);
  assert(transport.isOpen);
});

Deno.test("several messages in one frame count as several", () => {
  const { transport, handled, inbound } = create();
  const frame = Array.from({ length: 11 }, (_, ref) => ({ type: "refresh", token: "t", ref }));
  inbound.receive(JSON.stringify(frame));
  assert.equal(handled.length, 10);
  assert.equal(messagesOf(transport).length, 1);
});

Deno.test("whatever a client says counts, also what is no message at all", () => {
  const { transport, inbound } = create();
  for (let i = 0; i < 5; i++) inbound.receive('{"type":"pong"}');
  for (let i = 0; i < 5; i++) inbound.receive('"what?"');
  inbound.receive('{"type":"pong"}');
  assert.deepEqual(
    messagesOf(transport).map(({ code }) => code),
    [...Array(5).fill("invalid_request"), "rate_limited"],
  );
});

Deno.test("a client that does not slow down is closed with 4013, and told when to come back", () => {
  const { transport, session, handled, say } = create();
  for (let ref = 0; ref < 1_000; ref++) say(ref);
  assert.equal(transport.closed?.code, 4013);
  assert(session.isClosed);
  const messages = messagesOf(transport);
  const last = messages.at(-1);
  assert.deepEqual([last?.type, last?.["code"], last?.["reconnect"]], ["disconnect", 4013, true]);
  assert(last?.["retryAfterMs"] > 0);
  assert.equal(messages.length, 51);
  assert.equal(handled.length, 10);
});

Deno.test("a publisher that connects to the socket by mistake is told so", async () => {
  await using service = await Service.start({ env: { BELLWIRE_PUBLISHER_CALLS_PER_MINUTE: "2" } });
  const headers = { authorization: `Bearer ${service.key}` };
  for (let i = 0; i < 2; i++) {
    await using socket = await RawSocket.open(service.streamUrl, { headers });
    assert.equal((await socket.closedByServer()).code, 4500);
  }
  await assert.rejects(RawSocket.open(service.streamUrl, { headers }), { status: 429 });
});

Deno.test("a service limits what is said on its sockets, each for itself", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_SOCKET_MESSAGES_PER_MINUTE: "20" },
  });
  const token = await service.token("ada");
  const headers = { authorization: `Bearer ${token}` };
  await using flooding = await RawSocket.open(service.streamUrl, { headers });
  await using calm = await RawSocket.open(service.streamUrl, { headers });
  for (const socket of [flooding, calm]) {
    await socket.send({ type: "hello" });
    await socket.message("welcome");
  }
  for (let ref = 0; ref < 200; ref++) await flooding.send({ type: "refresh", token, ref });
  const { code, disconnect } = await flooding.closedByServer();
  assert.equal(code, 4013);
  assert.equal(disconnect?.["reconnect"], true);
  assert(flooding.messages.some(({ type, code }) => type === "error" && code === "rate_limited"));
  await calm.send({ type: "refresh", token, ref: "calm" });
  await calm.message(({ type, ref }) => type === "ok" && ref === "calm");
});
