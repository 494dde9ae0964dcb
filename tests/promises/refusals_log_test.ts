import assert from "node:assert/strict";
import { eventually, within } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";
import type { LogLine } from "../drivers/service_process.ts";

/** The lines of an event, as soon as there are so many. */
function lines(service: Service, event: string, count = 1): Promise<LogLine[]> {
  return eventually(
    () => {
      const found = service.output.log.filter((line) => line.event === event);
      return Promise.resolve(found.length >= count ? found : undefined);
    },
    () => `${count} lines of ${event}\n${service.output.text}`,
  );
}

function bearer(token: string) {
  return { headers: { authorization: `Bearer ${token}` } };
}

async function status(answer: Promise<Response>): Promise<number> {
  const { status, body } = await answer;
  await body?.cancel();
  return status;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

Deno.test("each line says which instance writes it, and with several workers which of them", async () => {
  for (const workers of ["1", "2"]) {
    await using service = await Service.start({ env: { BELLWIRE_WORKERS: workers } });
    // A new connection each: the system shares them out among the workers.
    for (let i = 0; i < 30; i++) await status(service.fetch("/v1/inbox", bearer(`wrong ${i}`)));
    for (let i = 0; i < 30; i++) await status(service.fetch("/v1/inbox", bearer(`wrong${i}`)));
    await lines(service, "login.refused", 2);
    await service.stop();
    const { log } = service.output;
    assert(log.some(({ event }) => event === "service.ready"));
    assert(log.some(({ event }) => event === "service.stopped"));
    for (const line of log) assert.match(String(line["instance"]), UUID, JSON.stringify(line));
    const refused = log.filter(({ event }) => event === "login.refused");
    for (const line of refused) {
      assert.equal(typeof line["worker"], workers === "1" ? "undefined" : "number");
    }
    const [one] = refused;
    const ready = log.find(({ event }) => event === "service.ready");
    assert.equal(one?.["instance"] === ready?.["instance"], workers === "1");
  }
});

Deno.test("a refused login is in the log once, with its reason, origin and host, and without the credentials", async () => {
  await using service = await Service.start();
  const { host } = new URL(service.url);
  const expired = await service.token("ada", { ttl: -60 });
  const foreign = await service.token("ada", { secret: "another secret that has 32 bytes or so" });
  const secret = "s3cret-of-nobody";
  for (let i = 0; i < 20; i++) {
    for (const token of [secret, foreign, expired]) {
      const headers = { authorization: `Bearer ${token}`, origin: service.url };
      assert.equal(await status(service.fetch("/v1/inbox", { headers })), 401);
    }
    assert.equal(await status(service.fetch("/v1/inbox")), 401);
    assert.equal(await status(service.publish({}, { authorization: `Bearer ${secret}` })), 401);
  }
  const refused = await lines(service, "login.refused", 5);
  assert.equal(refused.length, 5, JSON.stringify(refused));
  const kinds = refused.map(({ code, reason, level }) => [level, code, reason]);
  assert(kinds.some(([level, code]) => level === "info" && code === "token_expired"));
  assert(kinds.filter(([, code]) => code === "unauthorized").length === 4);
  for (const line of refused) {
    assert.equal(line["host"], host);
    assert.match(String(line["requestId"]), /^[0-9a-f]{12}-/);
    assert.equal(line["address"], "127.0.0.1");
    assert.match(String(line["route"]), /^\/v1\//);
  }
  assert(refused.some(({ origin }) => origin === service.url));
  await service.stop();
  // What was left out is told in the end.
  const all = service.output.log.filter(({ event }) => event === "login.refused");
  const suppressed = all.reduce((sum, line) => sum + Number(line["suppressed"] ?? 0), 0);
  assert.equal(refused.length + suppressed, 100);
  for (const token of [secret, foreign, expired]) assert(!service.output.text.includes(token));
});

Deno.test("a socket with a bad token is a refused login, and one that is not the protocol a refused session", async () => {
  await using service = await Service.start();
  const open = (protocols: string[], said?: string) => {
    // A page of the service itself, whose browser says so.
    const headers = { origin: service.url };
    const socket = new WebSocket(service.streamUrl, { protocols, headers });
    if (said !== undefined) socket.onopen = () => socket.send(said);
    const closed = Promise.withResolvers<number>();
    socket.onclose = ({ code }) => closed.resolve(code);
    return closed.promise;
  };
  assert.equal(await open(["bellwire.v1", "bearer.a.b.c"]), 4500);
  assert.equal(await open(["bellwire.v1"], '{"type":"hello","token":"a.b.c"}'), 4500);
  assert.equal(await open(["bellwire.v9"]), 4508);
  assert.equal(await open(["bellwire.v1"], "{"), 4501);
  const [login] = await lines(service, "login.refused");
  assert.equal(login?.["code"], 4500);
  assert.equal(login?.["origin"], service.url);
  assert.equal(login?.["host"], new URL(service.url).host);
  assert.equal(login?.["address"], "127.0.0.1");
  const refused = await lines(service, "session.refused", 2);
  assert.deepEqual(refused.map(({ code }) => code).sort(), [4501, 4508]);
});

Deno.test("an origin that is not allowed is in the log with the host, however it was configured", async () => {
  for (const env of [{}, { BELLWIRE_ALLOWED_ORIGINS: "https://app.example" }]) {
    await using service = await Service.start({ env });
    const { host } = new URL(service.url);
    const ask = (origin: string, path = "/v1/inbox") =>
      status(service.fetch(path, { headers: { origin } }));
    await ask(service.url);
    for (let i = 0; i < 5; i++) await ask("https://evil.example");
    await ask("https://other.example", "/v1/stream");
    await ask('https://x.example"} \\u0000 "level":"error');
    await ask(`https://${"a".repeat(3_000)}.example`);
    await ask("https://evil.example", "/live");
    const refused = await lines(service, "origin.refused", 4);
    assert.equal(refused.length, 4);
    const origins = refused.map(({ origin }) => String(origin));
    assert.deepEqual(origins.slice(0, 2), ["https://evil.example", "https://other.example"]);
    assert.equal(origins[2], 'https://x.example"} \\u0000 "level":"error');
    assert.equal(origins[3]?.length, 200);
    for (const line of refused) {
      assert.equal(line.level, "warn");
      assert.equal(line["host"], host);
    }
  }
});

Deno.test("erasures, revocations and a quota that is used up name the publisher, and no user", async () => {
  await using service = await Service.start({
    // An erasure counts as a thousand calls.
    env: { BELLWIRE_PUBLISHER_CALLS_PER_MINUTE: "1010" },
  });
  const { headers } = bearer(service.key);
  const erased = await service.fetch("/v1/users/zoe-the-first", { method: "DELETE", headers });
  assert.equal(erased.status, 204);
  for (const body of [{ user: "zoe-the-first", issuedBefore: 1_000 }, { jti: "t-zoe-the-first" }]) {
    const init = { method: "POST", headers, body: new TextEncoder().encode(JSON.stringify(body)) };
    assert.equal(await status(service.fetch("/v1/revocations", init)), 204);
  }
  const [erasure] = await lines(service, "user.erased");
  assert.equal(erasure?.["publisher"], "test");
  assert.equal(erasure?.["requestId"], erased.headers.get("x-request-id"));
  const revoked = await lines(service, "tokens.revoked", 2);
  assert.deepEqual(revoked.map(({ publisher, reason }) => [publisher, reason]), [
    ["test", "user"],
    ["test", "jti"],
  ]);
  const again = await service.fetch("/v1/users/zoe-the-first", { method: "DELETE", headers });
  assert.equal(await status(Promise.resolve(again)), 204);
  assert.equal(await status(service.publish({ to: { user: "ada" }, title: "T" })), 429);
  const [line] = await lines(service, "call.rate_limited");
  assert.deepEqual([line?.["publisher"], line?.["route"]], ["test", "/v1/notifications"]);
  await service.stop();
  assert(!service.output.text.includes("zoe-the-first"));
});

Deno.test("a message that is above a quota is in the log though its connection goes on", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_SOCKET_MESSAGES_PER_MINUTE: "5" },
  });
  const socket = new WebSocket(service.streamUrl, ["bellwire.v1"]);
  const limited = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  socket.onclose = () => closed.resolve();
  socket.onmessage = ({ data }) => {
    for (const message of [JSON.parse(data)].flat()) {
      if (message.code === "rate_limited") limited.resolve();
      if (message.type !== "welcome") continue;
      for (let i = 0; i < 10; i++) socket.send('{"type":"mark","op":"read","items":[1]}');
    }
  };
  const token = await service.token("ada");
  socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token }));
  await within(limited.promise, "a refusal");
  const [line] = await lines(service, "session.rate_limited");
  assert.deepEqual([line?.level, line?.["code"], line?.["user"]], ["warn", "rate_limited", "ada"]);
  assert.equal(socket.readyState, WebSocket.OPEN);
  socket.close();
  await within(closed.promise, "the end of the connection");
});
