import assert from "node:assert/strict";
import { encode } from "cborg";
import type { ClientMessage } from "../../../protocol/messages.ts";
import { CloseCode } from "../../../src/gateway/protocol/close_code.ts";
import {
  Inbound,
  WAITING_BEFORE_ADMISSION,
  WAITING_MAX,
} from "../../../src/gateway/session/inbound.ts";
import { HandshakeMemoryLimit } from "../../../src/gateway/session/handshake_memory_limit.ts";
import { Session } from "../../../src/gateway/session/session.ts";
import type { Encoding } from "../../../src/gateway/protocol/subprotocol.ts";
import { activate } from "../../fakes/active_session.ts";
import { FakeTransport, messagesOf } from "../../fakes/fake_transport.ts";

const HELLO = '{"type":"hello","token":"t"}';
const KIB = 1024;

/** A client whose token is checked, and whose messages are carried out, when the test says so. */
function create(
  { encoding = "json" as Encoding, handshakeMemory = new HandshakeMemoryLimit() } = {},
) {
  const transport = new FakeTransport({ sending() {}, readable() {} });
  const session = new Session("s1", {
    transport,
    encoding,
    ended: (session) => {
      handshakeMemory.leave(session);
      session.drop();
    },
  });
  const checks: PromiseWithResolvers<void>[] = [];
  const handled: ClientMessage[] = [];
  const waits: PromiseWithResolvers<void>[] = [];
  const inbound = session.inbound = new Inbound(session, {
    authenticate() {
      checks.push(Promise.withResolvers());
      return checks.at(-1)?.promise;
    },
    handle(message) {
      handled.push(message);
      if (message.type === "hello" || message.type === "pong") return;
      waits.push(Promise.withResolvers());
      return waits.at(-1)?.promise;
    },
  }, { handshakeMemory });
  return {
    transport,
    session,
    handshakeMemory,
    inbound,
    handled,
    /** The token turns out to be good. */
    async authenticate() {
      activate(session);
      handshakeMemory.leave(session);
      checks.shift()?.resolve();
      await settled();
    },
    /** The message that is under way is done. */
    async done() {
      waits.shift()?.resolve();
      await settled();
    },
  };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function refresh(ref: number, bytes = 0): string {
  return JSON.stringify({ type: "refresh", token: "t", ref, pad: "x".repeat(bytes) });
}

Deno.test("before the token is checked a hello and a little more is held, as bytes", async () => {
  const { inbound, transport, session, handled, handshakeMemory, authenticate } = create();
  inbound.receive(HELLO);
  for (let ref = 0; ref < 4; ref++) inbound.receive(refresh(ref));
  assert.deepEqual([handled.length, transport.isOpen], [0, true]);
  assert.equal(handshakeMemory.bytes, 5 * KIB);
  await authenticate();
  assert.deepEqual(handled.map(({ type }) => type), ["hello", "refresh"]);
  assert.equal(handshakeMemory.bytes, 0);
  session.lost();
});

Deno.test("more than a little before the token is checked closes with 4013", () => {
  for (const bytes of [0, 10 * KIB, 60 * KIB]) {
    const { inbound, transport, handled, handshakeMemory } = create();
    inbound.receive(HELLO);
    let sent = 0;
    while (transport.isOpen && sent < 100) inbound.receive(refresh(sent++, bytes));
    assert.equal(transport.closed?.code, CloseCode.rateLimited);
    assert(sent <= 1 + WAITING_BEFORE_ADMISSION / Math.max(KIB, bytes), `${sent} frames`);
    assert.deepEqual([handled, handshakeMemory.bytes], [[], 0]);
  }
});

Deno.test("what waits for an earlier message is bounded in bytes, whatever it holds", async () => {
  for (const bytes of [0, 4 * KIB, 60 * KIB]) {
    const { inbound, transport, handled, authenticate } = create();
    inbound.receive(HELLO);
    await authenticate();
    let sent = 0;
    while (transport.isOpen && sent < 1_000) inbound.receive(refresh(sent++, bytes));
    assert.equal(transport.closed?.code, CloseCode.rateLimited);
    assert.equal(handled.length, 2);
    const most = WAITING_MAX / Math.max(KIB, bytes);
    assert(sent > most * 0.9 && sent <= most + 2, `${sent} frames of ${bytes} bytes`);
  }
});

Deno.test("what waits is carried out in its order, and so are the errors", async () => {
  const { inbound, transport, session, handled, authenticate, done } = create();
  inbound.receive(`[${HELLO},${refresh(1)},{"type":"nonsense","ref":2},${refresh(3)}]`);
  inbound.receive('{"type":"nonsense","ref":4}');
  const errors = () => messagesOf(transport).map(({ ref }) => ref);
  await authenticate();
  assert.deepEqual([handled.length, errors()], [2, []]);
  await done();
  assert.deepEqual([handled.length, errors()], [3, [2]]);
  await done();
  assert.deepEqual([handled.length, errors()], [3, [2, 4]]);
  session.lost();
});

Deno.test("a pong is heeded at once, whatever waits", async () => {
  for (const encoding of ["json", "cbor"] as const) {
    const { inbound, session, handled, authenticate } = create({ encoding });
    const say = (message: unknown) => {
      inbound.receive(
        encoding === "json" ? JSON.stringify(message) : encode(message).slice().buffer,
      );
    };
    say({ type: "hello" });
    await authenticate();
    say({ type: "refresh", token: "t" });
    say({ type: "refresh", token: "t" });
    say({ type: "pong" });
    assert.deepEqual(handled.map(({ type }) => type), ["hello", "refresh", "pong"]);
    session.lost();
  }
});

Deno.test("a session that has ended holds nothing of what was sent, and reads no more", async () => {
  const { inbound, session, handled, handshakeMemory, authenticate, done } = create();
  inbound.receive(HELLO);
  for (let ref = 0; ref < 4; ref++) inbound.receive(refresh(ref));
  await authenticate();
  session.lost();
  inbound.receive(refresh(5));
  inbound.receive("no JSON");
  await done();
  assert.deepEqual(handled.map(({ type }) => type), ["hello", "refresh"]);
  assert.deepEqual([session.inbound, handshakeMemory.bytes], [undefined, 0]);
});

Deno.test("an array of more messages than a frame may hold closes with 4013", async () => {
  const { inbound, transport, handled, authenticate } = create();
  inbound.receive(`[${HELLO},${Array.from({ length: 300 }, () => '{"type":"pong"}').join()}]`);
  await authenticate();
  assert.equal(transport.closed?.code, CloseCode.rateLimited);
  assert.deepEqual(handled, []);
});

Deno.test("fields that are not known are not kept", async () => {
  const { inbound, session, handled, authenticate } = create();
  inbound.receive(
    '{"type":"hello","token":"t","zz":[{}],"resume":{"user":{"epoch":"e","seq":1,"zz":2}}}',
  );
  await authenticate();
  inbound.receive('{"type":"publish","topic":"news","title":"x","to":{"user":"bob"},"zz":[{},{}]}');
  assert.deepEqual(handled, [
    { type: "hello", token: "t", resume: { user: { epoch: "e", seq: 1 } } },
    { type: "publish", topic: "news", title: "x" },
  ]);
  session.lost();
});

Deno.test("what all hold together before their tokens are checked is bounded; the largest go first", () => {
  const handshakeMemory = new HandshakeMemoryLimit(100 * KIB);
  const pad = JSON.stringify({ type: "hello", token: "t", device: "d", pad: "x".repeat(30 * KIB) });
  const large = Array.from({ length: 3 }, () => create({ handshakeMemory }));
  for (const { inbound } of large) inbound.receive(pad);
  const small = Array.from({ length: 30 }, () => create({ handshakeMemory }));
  for (const { inbound } of small) inbound.receive(HELLO);
  assert(handshakeMemory.bytes <= 100 * KIB);
  assert.deepEqual(large.map(({ transport }) => transport.closed?.code), [
    4014,
    undefined,
    undefined,
  ]);
  assert(small.every(({ transport }) => transport.isOpen));
  for (const { session } of [...large, ...small]) session.lost();
  assert.equal(handshakeMemory.bytes, 0);
});

Deno.test("a check counts until it is over, though its session has ended", async () => {
  const handshakeMemory = new HandshakeMemoryLimit(4 * KIB);
  const first = create({ handshakeMemory });
  const check = Promise.withResolvers<void>();
  const checked = handshakeMemory.waitFor(first.session, "x".repeat(3 * KIB), () => check.promise);
  first.session.lost();
  const second = create({ handshakeMemory });
  second.inbound.receive(HELLO);
  assert.equal(second.transport.closed?.code, CloseCode.atCapacity);
  check.resolve();
  await checked;
  assert.equal(handshakeMemory.bytes, 0);
});
