import assert from "node:assert/strict";
import { RawSocket, type ServerMessage } from "../drivers/raw_socket.ts";
import { Service } from "../drivers/service.ts";

const KIB = 1024;

/** A connection that has not said hello, with a token of this user in its request. */
async function connect(service: Service, user = "ada"): Promise<RawSocket> {
  const authorization = `Bearer ${await service.token(user)}`;
  return await RawSocket.open(service.streamUrl, { headers: { authorization } });
}

/** A connection that is up to date. */
async function greet(service: Service, user = "ada"): Promise<RawSocket> {
  const socket = await connect(service, user);
  await socket.send({ type: "hello" });
  await socket.message("reset");
  return socket;
}

/** Checks that the server closed with this code, said so before, and has forgotten the session. */
async function closes(socket: RawSocket, code: number, reconnect = code < 4500): Promise<void> {
  const ended = await socket.closedByServer();
  assert.equal(ended.code, code, ended.reason);
  assert.equal(ended.disconnect?.code, code);
  assert.equal(ended.disconnect?.reason, ended.reason);
  assert.equal(ended.disconnect?.reconnect, reconnect);
  assert.equal(socket.messages.at(-1)?.type, "disconnect");
}

async function stillWorks(service: Service): Promise<void> {
  await service.connections(0);
  await using socket = await greet(service, "witness");
  const from = socket.messages.length;
  await service.published({ to: { user: "witness" }, title: "Still here" });
  await socket.message("notification", { from });
  await socket.close();
  await service.connections(0);
  assert.deepEqual(service.output.log.filter(({ level }) => level === "error"), []);
}

Deno.test("a frame above 64 KiB closes with 4509, one of 64 KiB does not", async () => {
  await using service = await Service.start();
  const pong = (bytes: number) => {
    const frame = { type: "pong", pad: "" };
    frame.pad = "x".repeat(bytes - JSON.stringify(frame).length);
    return JSON.stringify(frame);
  };
  const wide = JSON.stringify({ type: "pong", pad: "ä".repeat(32 * KIB) });
  assert.equal(pong(64 * KIB).length, 64 * KIB);

  await using fine = await greet(service);
  await fine.send(pong(64 * KIB));
  await fine.send({ type: "nonsense", ref: "after" });
  await fine.message(({ ref }) => ref === "after");
  await fine.close();
  for (const frame of [pong(64 * KIB + 1), wide, "x".repeat(10 * KIB * KIB)]) {
    await using greeted = await greet(service);
    await greeted.send(frame);
    await closes(greeted, 4509);
    await using stranger = await RawSocket.open(service.streamUrl);
    await stranger.send(frame);
    await closes(stranger, 4509);
  }
  await stillWorks(service);
});

Deno.test("a message that is not known or not well formed is answered with an error", async () => {
  await using service = await Service.start();
  await using socket = await greet(service);
  const wrong: [message: unknown, code: string][] = [
    [{ type: "nonsense", ref: "a" }, "invalid_request"],
    [{ type: "refresh", ref: "b" }, "invalid_request"],
    [{ type: "refresh", ref: "c", token: 7 }, "invalid_request"],
    [{ type: "refresh", ref: "d", token: "x".repeat(20_000) }, "unauthorized"],
    [{ type: "mark", ref: "e", op: "read" }, "invalid_request"],
    [{ type: "subscribe", ref: "f", topic: "new/s" }, "invalid_request"],
    [{ type: "subscribe", ref: "i", topic: "news" }, "forbidden"],
    [{ type: "publish", ref: 7, topic: "news", title: "x" }, "forbidden"],
    [{ type: "__proto__", ref: "g" }, "invalid_request"],
    [{ type: "constructor", ref: "h" }, "invalid_request"],
  ];
  for (const [message, code] of wrong) {
    const { ref } = message as ServerMessage;
    await socket.send(message);
    const error = await socket.message((answer) => answer.ref === ref);
    assert.deepEqual([error.type, error.code], ["error", code]);
    assert.equal(typeof error.message, "string");
  }
  const anonymous = [{}, { type: 7 }, 7, "text", null, true, [[{ type: "pong" }]], { type: null }];
  for (const message of anonymous) {
    const from = socket.messages.length;
    await socket.send(JSON.stringify(message));
    const error = await socket.message("error", { from });
    assert.deepEqual([error.code, error.ref], ["invalid_request", undefined]);
  }
  await socket.close();
  await stillWorks(service);
});

Deno.test("several messages may come in one frame, also none", async () => {
  await using service = await Service.start();
  await using socket = await connect(service);
  await socket.send([]);
  const token = await service.token("ada");
  await socket.send([{ type: "hello" }, { type: "refresh", token, ref: 1 }, { type: "x", ref: 2 }]);
  await socket.message(({ type, ref }) => type === "ok" && ref === 1);
  await socket.message(({ type, ref }) => type === "error" && ref === 2);
  await socket.message("reset");
});

Deno.test("frames that hold no JSON text close with 4501", async () => {
  await using service = await Service.start();
  const frames = ["", " ", "{", "hello", "{'a':1}", "[".repeat(60_000), "\u0000", "{}{}"];
  const binary = [new Uint8Array(), new TextEncoder().encode('{"type":"pong"}')];
  for (const frame of [...frames, ...binary]) {
    await using greeted = await greet(service);
    await greeted.send(frame);
    await closes(greeted, 4501);
    await using stranger = await connect(service);
    await stranger.send(frame);
    await closes(stranger, 4501);
  }
  await stillWorks(service);
});

Deno.test("hello comes first, once, and as the protocol says, or it closes with 4501", async () => {
  await using service = await Service.start();
  const cursor = (fields: object) => ({ type: "hello", resume: { user: fields } });
  const firsts: unknown[] = [
    { type: "pong" },
    { type: "refresh", token: await service.token("ada") },
    { type: "mark", op: "read", items: [1] },
    { type: "nonsense" },
    [[{ type: "hello" }]],
    { type: "hello", token: 7 },
    { type: "hello", resume: [] },
    { type: "hello", resume: { user: 7 } },
    { type: "hello", device: "x".repeat(129) },
    cursor({}),
    cursor({ epoch: 7, seq: 1 }),
    cursor({ epoch: "a", seq: -1 }),
    cursor({ epoch: "a", seq: 1.5 }),
    cursor({ epoch: "a", seq: "1" }),
    cursor({ epoch: "a", seq: 1e300 }),
    cursor({ epoch: "x".repeat(129), seq: 1 }),
  ];
  for (const first of firsts) {
    await using socket = await connect(service);
    await socket.send(JSON.stringify(first));
    await closes(socket, 4501);
    const isHello = (first as { type?: string }).type === "hello";
    assert.match((await socket.ended).reason, isHello ? /field of `hello`/ : /first message/);
  }
  await using twice = await greet(service);
  await twice.send({ type: "hello" });
  await closes(twice, 4501);
  await using atOnce = await connect(service);
  await atOnce.send([{ type: "hello" }, { type: "hello" }]);
  await closes(atOnce, 4501);
  await stillWorks(service);
});

Deno.test("unknown fields and streams of a hello are ignored", async () => {
  await using service = await Service.start();
  await using socket = await connect(service);
  const far = { epoch: "x", seq: 7 };
  await socket.send({
    type: "hello",
    colour: "blue",
    device: "phone",
    resume: { "topic:news": far, "user:bob": far, nonsense: far, __proto__: far },
  });
  assert.equal((await socket.message("reset")).reason, "new");
});

Deno.test("who says nothing is closed with 4009 after 10 s", async () => {
  await using service = await Service.start();
  const silent = await Promise.all([
    RawSocket.open(service.streamUrl),
    connect(service),
    RawSocket.open(service.streamUrl, { protocols: ["bellwire.v1"] }),
  ]);
  await service.connections(3);
  for (const socket of silent) await closes(socket, 4009);
  await stillWorks(service);
});

Deno.test("thousands of messages at once are dealt with, or the sender is sent away", async () => {
  await using service = await Service.start();
  const token = await service.token("ada");
  await using patient = await greet(service);
  for (let i = 0; i < 50; i++) {
    await Promise.all(Array.from({ length: 100 }, () => patient.send({ type: "pong" })));
    await patient.send({ type: "refresh", token, ref: i });
    await patient.message(({ type, ref }) => type === "ok" && ref === i);
  }
  await patient.close();

  const floods = [
    [{ type: "nonsense" }, 4501],
    [{ type: "refresh", token }, 4013],
    [[7, 7, 7], 4501],
  ] as const;
  for (const [message, code] of floods) {
    await using packed = await greet(service);
    await packed.send(Array.from({ length: 300 }, () => message));
    await closes(packed, code);
    await using one = await greet(service);
    await Promise.all(Array.from({ length: 1_000 }, () => one.send(message)));
    await closes(one, code);
    // So much that the close frame may be lost with the rest.
    await using endless = await greet(service);
    await Promise.all(Array.from({ length: 20_000 }, () => endless.send(message)));
    await endless.closedByServer();
  }
  await stillWorks(service);
});
