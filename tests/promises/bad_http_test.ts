import assert from "node:assert/strict";
import { RawHttp } from "../drivers/raw_http.ts";
import { Service } from "../drivers/service.ts";

const KIB = 1024;
const USERS_LIMIT = 256 * KIB;

/** The head of a publish, without the blank line that ends it. */
function publishHead(service: Service, ...headers: string[]): string {
  return [
    "POST /v1/notifications HTTP/1.1",
    "Host: a.example",
    `Authorization: Bearer ${service.key}`,
    "Content-Type: application/json",
    ...headers,
  ].join("\r\n");
}

async function stillWorks(service: Service): Promise<void> {
  const before = await service.inbox("ada");
  await service.published({ to: { user: "ada" }, title: "Still here" });
  assert.equal((await service.inbox("ada")).length, before.length + 1);
  assert.deepEqual(service.output.log.filter(({ level }) => level === "error"), []);
}

Deno.test("a body that announces too much is refused before any of it is sent", async () => {
  await using service = await Service.start();
  for (const length of [USERS_LIMIT + 1, 10 ** 12]) {
    using http = await RawHttp.connect(service.url);
    await http.send(publishHead(service, `Content-Length: ${length}`) + "\r\n\r\n");
    const { status, text } = await http.answer();
    assert.equal(status, 413, text);
    assert.match(text, /"code":"payload_too_large"/);
  }
  await stillWorks(service);
});

Deno.test("a body without an end is refused as soon as it is too long", async () => {
  await using service = await Service.start();
  using http = await RawHttp.connect(service.url);
  await http.send(publishHead(service, "Transfer-Encoding: chunked") + "\r\n\r\n");
  const chunk = `${(16 * KIB).toString(16)}\r\n${" ".repeat(16 * KIB)}\r\n`;
  let over = false;
  const answer = http.answer().finally(() => over = true);
  for (let sent = 0; !over && sent < 64 * 1024 * KIB; sent += 16 * KIB) {
    if (!await http.send(chunk)) break;
  }
  const { status, text } = await answer;
  assert.equal(status, 413, text);
  await stillWorks(service);
});

Deno.test("a body above 64 KiB is for many users only", async () => {
  await using service = await Service.start();
  const pad = " ".repeat(64 * KIB);
  const single = await service.publish(`{"to":{"user":"ada"},"title":"a"${pad}}`);
  assert.equal(single.status, 413, await single.text());
  const several = await service.publish(`{"to":{"users":["ada","bob"]},"title":"a"${pad}}`);
  assert.equal(several.status, 201, await several.text());
});

Deno.test("a body that breaks off publishes nothing, and leaves nothing behind", async () => {
  await using service = await Service.start();
  const body = JSON.stringify({ to: { user: "ada" }, title: "Half of it" });
  for (const headers of [`Content-Length: ${body.length + 1}`, "Transfer-Encoding: chunked"]) {
    using http = await RawHttp.connect(service.url);
    const framed = headers.startsWith("T") ? `${body.length.toString(16)}\r\n${body}\r\n` : body;
    await http.send(`${publishHead(service, headers)}\r\n\r\n${framed}`);
    await http.endOfRequest();
    const { status } = await http.answer();
    assert(status === 0 || status === 400, String(status));
  }
  assert.deepEqual(await service.inbox("ada"), []);
  await stillWorks(service);
});

Deno.test("what is not quite HTTP is refused, never answered with a crash", async () => {
  await using service = await Service.start();
  const requests = [
    "\r\n\r\n",
    "nonsense\r\n\r\n",
    "GET\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    "\u0000\u0001\u0002\r\n\r\n",
    "GET /live HTTP/1.1\r\nbad header\r\n\r\n",
    "GET /live HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "GET /live HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    `GET /${"x".repeat(70_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    `GET /live HTTP/1.1\r\nHost: a\r\nX-Long: ${"x".repeat(600_000)}\r\n\r\n`,
    `GET /live HTTP/1.1\r\nHost: a\r\n${"X-Many: 1\r\n".repeat(5_000)}\r\n`,
    publishHead(service, "Transfer-Encoding: chunked") + "\r\n\r\nzz\r\nnot a length\r\n",
    "GET /v1/stream HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "GET /v1/stream HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
    "Sec-WebSocket-Version: 7\r\nSec-WebSocket-Key: a\r\n\r\n",
    "POST /v1/stream HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
    "Content-Length: 0\r\n\r\n",
    "HEAD /v1/stream HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "GET /v1/stream HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
  ];
  for (const request of requests) {
    using http = await RawHttp.connect(service.url);
    await http.send(request);
    await http.endOfRequest();
    const { status, text } = await http.answer();
    const name = request.slice(0, 60);
    assert(status === 0 || (status >= 400 && status < 500), `${name}: ${text}`);
  }
  await service.connections(0);
  await stillWorks(service);
});

Deno.test("connections on which nothing is said hold nobody up", async () => {
  await using service = await Service.start();
  await using silent = new AsyncDisposableStack();
  for (let i = 0; i < 200; i++) {
    const http = silent.use(await RawHttp.connect(service.url));
    await http.send("POST /v1/notifications HTTP/1.1\r\nHost: a\r\n".slice(0, i));
  }
  await stillWorks(service);
});

Deno.test("several requests on one connection are answered one after the other", async () => {
  await using service = await Service.start();
  using http = await RawHttp.connect(service.url);
  const body = JSON.stringify({ to: { user: "ada" }, title: "Again" });
  const publish = `${publishHead(service, `Content-Length: ${body.length}`)}\r\n\r\n${body}`;
  await http.send(publish.repeat(5));
  for (let seq = 1; seq <= 5; seq++) {
    const { status, text } = await http.answer();
    assert.equal(status, 201);
    assert.match(text, new RegExp(`"seq":${seq}\\}`));
  }
  assert.deepEqual((await service.inbox("ada")).map(({ seq }) => seq), [5, 4, 3, 2, 1]);
});
