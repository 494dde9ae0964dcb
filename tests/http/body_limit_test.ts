import assert from "node:assert/strict";
import { readBody } from "../../src/http/body.ts";
import { readProblem } from "../drivers/problem.ts";
import { createTestApp } from "../drivers/test_app.ts";

const KIB = 1024;

/** A notification whose JSON is exactly so many bytes long; white space counts as body too. */
function padded(bytes: number, to: unknown = { user: "ada" }): string {
  const json = JSON.stringify({ to, title: "Build finished" });
  return json + " ".repeat(bytes - json.length);
}

/** A body that counts what is taken from it, in chunks of 16 KiB. */
function counted(bytes: number) {
  let pulled = 0;
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pulled >= bytes) return controller.close();
      pulled += 16 * KIB;
      controller.enqueue(new Uint8Array(16 * KIB).fill(0x20));
    },
    cancel: () => void (cancelled = true),
  });
  return { stream, pulled: () => pulled, cancelled: () => cancelled };
}

Deno.test("a body of 64 KiB is taken, and not a byte more", async () => {
  const { publish } = await createTestApp();
  assert.equal((await publish(padded(64 * KIB))).status, 201);
  const response = await publish(padded(64 * KIB + 1));
  assert.equal(response.status, 413);
  assert.equal((await readProblem(response)).code, "payload_too_large");
});

Deno.test("with users, a body of 256 KiB is taken, and not a byte more", async () => {
  const { publish } = await createTestApp();
  assert.equal((await publish(padded(256 * KIB, { users: ["ada"] }))).status, 201);
  assert.equal((await publish(padded(256 * KIB + 1, { users: ["ada"] }))).status, 413);
});

Deno.test("a body that announces too much is refused before it is read", async () => {
  const { app, key } = await createTestApp();
  const body = counted(10_000 * KIB);
  const response = await app.request("/v1/notifications", {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-length": String(10_000 * KIB) },
    body: body.stream,
  });
  assert.equal(response.status, 413);
  // A stream fetches one chunk on its own before anybody reads.
  assert(body.pulled() <= 16 * KIB);
});

Deno.test("a body that announces nothing is read to the limit, and the rest is left", async () => {
  const { app, key } = await createTestApp();
  const body = counted(10_000 * KIB);
  const response = await app.request("/v1/notifications", {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body: body.stream,
  });
  assert.equal(response.status, 413);
  assert(body.pulled() <= (256 + 32) * KIB);
  assert(body.cancelled());
});

Deno.test("without credentials not even the body is looked at", async () => {
  const { app } = await createTestApp();
  const body = counted(10_000 * KIB);
  const response = await app.request("/v1/notifications", { method: "POST", body: body.stream });
  assert.equal(response.status, 401);
  assert(body.pulled() <= 16 * KIB);
});

Deno.test("a body that breaks off is an invalid request", async () => {
  const { app, key, errors } = await createTestApp();
  const response = await app.request("/v1/notifications", {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body: new ReadableStream({
      start: (controller) => controller.error(new Error("the peer hung up")),
    }),
  });
  assert.equal(response.status, 400);
  assert.equal((await readProblem(response)).code, "invalid_request");
  assert.deepEqual(errors, []);
});

Deno.test("a notification above 48 KiB as stored is refused before anything is written", async () => {
  const { publish, store } = await createTestApp();
  const notification = {
    to: { user: "ada" },
    title: "x",
    body: "€".repeat(4000),
    url: "/" + "€".repeat(3999),
    icon: "€".repeat(4000),
    image: "€".repeat(4000),
    data: "x".repeat(16 * KIB - 2),
  };
  const response = await publish(notification);
  assert.equal(response.status, 413);
  assert.equal((await readProblem(response)).code, "payload_too_large");
  assert.deepEqual(store.items, []);
  assert.equal((await publish({ ...notification, icon: "", image: "" })).status, 201);
});

Deno.test("a listening server answers 413 while the sender is still sending", async () => {
  const { app, key } = await createTestApp();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request, info) => app.fetch(request, info),
  );
  try {
    for (
      const framing of [`content-length: ${10_000 * KIB}`, "transfer-encoding: chunked"] as const
    ) {
      const connection = await Deno.connect({ port: server.addr.port, hostname: "127.0.0.1" });
      // Without an answer the read below ends with an error instead of never.
      const deadline = setTimeout(() => connection.close(), 10_000);
      try {
        const head =
          `POST /v1/notifications HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n`;
        await connection.write(new TextEncoder().encode(`${head}${framing}\r\n\r\n`));
        if (framing.startsWith("transfer")) {
          const chunk = `10000\r\n${" ".repeat(0x10000)}\r\n`;
          const writer = connection.writable.getWriter();
          for (let i = 0; i < 5; i++) await writer.write(new TextEncoder().encode(chunk));
          writer.releaseLock();
        }
        const answer = new Uint8Array(4096);
        const length = await connection.read(answer) ?? 0;
        const text = new TextDecoder().decode(answer.subarray(0, length));
        assert.match(text, /^HTTP\/1\.1 413 /, framing);
        connection.close();
      } finally {
        clearTimeout(deadline);
      }
    }
  } finally {
    await server.shutdown();
  }
});

Deno.test("a body that does not come is not waited for without end", async () => {
  for (const length of [undefined, "100"]) {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(3)),
    });
    const request = new Request("http://a.example", {
      method: "POST",
      body,
      ...(length === undefined ? {} : { headers: { "content-length": length } }),
    });
    await assert.rejects(readBody(request, 64 * KIB, 50), /did not come within 0\.05 seconds/);
  }
});
