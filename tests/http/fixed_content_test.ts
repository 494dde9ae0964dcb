import assert from "node:assert/strict";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { readClientFiles } from "../../src/http/client_files.ts";
import { Service } from "../drivers/service.ts";
import { chooseCoding } from "../../src/http/fixed_content.ts";

const DEV = { BELLWIRE_JWT_SECRET: "" };
/** What is served from memory. */
const ADDRESSES = ["/client.js", "/elements.js", "/openapi.json", "/asyncapi.json", "/"];

/** An answer as it comes over the wire: `fetch` would unpack it. */
async function call(
  service: Service,
  path: string,
  { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; headers: Headers; body: Uint8Array }> {
  const { hostname, port, host } = new URL(service.url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${host}`, "connection: close"];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  const request = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
  for (let at = 0; at < request.length;) at += await connection.write(request.subarray(at));
  const answer = new Uint8Array(await new Response(connection.readable).arrayBuffer());
  const text = new TextDecoder("latin1").decode(answer);
  const end = text.indexOf("\r\n\r\n");
  const [status = "", ...fields] = text.slice(0, end).split("\r\n");
  return {
    status: Number(status.split(" ")[1]),
    headers: new Headers(
      fields.map((field): [string, string] => {
        const colon = field.indexOf(":");
        return [field.slice(0, colon), field.slice(colon + 1).trim()];
      }),
    ),
    body: answer.subarray(end + 4),
  };
}

const UNPACK: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  br: (bytes) => brotliDecompressSync(bytes),
  gzip: (bytes) => gunzipSync(bytes),
};

Deno.test("fixed content is compressed once, as the caller can take it", async () => {
  await using service = await Service.start({ env: DEV });
  for (const path of ADDRESSES) {
    const plain = await call(service, path);
    assert.equal(plain.status, 200, path);
    assert.equal(plain.headers.get("content-encoding"), null);
    const tags = new Set([plain.headers.get("etag")]);
    for (const [coding, unpack] of Object.entries(UNPACK)) {
      const packed = await call(service, path, { headers: { "accept-encoding": coding } });
      assert.equal(packed.headers.get("content-encoding"), coding, path);
      assert.deepEqual(new Uint8Array(unpack(packed.body)), new Uint8Array(plain.body), path);
      assert(packed.body.length < plain.body.length / 2, `${path} ${packed.body.length}`);
      tags.add(packed.headers.get("etag"));
    }
    assert.equal(tags.size, 3, `each form of ${path} has an ETag of its own`);
    assert.match(plain.headers.get("vary") ?? "", /\bAccept-Encoding\b/i);
    assert.equal(plain.headers.get("content-length"), String(plain.body.length));
  }
});

Deno.test("HEAD tells of fixed content what GET does, without it", async () => {
  await using service = await Service.start({ env: DEV });
  for (const path of [...ADDRESSES, "/react.js", "/bell.svg", "/playground.css"]) {
    for (const coding of ["br", "gzip", "identity"]) {
      const headers = { "accept-encoding": coding };
      const get = await call(service, path, { headers });
      const head = await call(service, path, { method: "HEAD", headers });
      assert.equal(head.status, 200, path);
      assert.equal(head.body.length, 0);
      for (const changes of ["date", "x-request-id"]) {
        get.headers.delete(changes);
        head.headers.delete(changes);
      }
      assert.deepEqual([...head.headers], [...get.headers], `${path} ${coding}`);
    }
  }
});

Deno.test("fixed content that a cache has in the same form is not sent again", async () => {
  await using service = await Service.start({ env: DEV });
  for (const path of ADDRESSES) {
    const headers = { "accept-encoding": "br" };
    const first = await call(service, path, { headers });
    const etag = first.headers.get("etag") ?? "";
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      for (const method of ["GET", "HEAD"]) {
        const again = await call(service, path, {
          method,
          headers: { ...headers, "if-none-match": known },
        });
        assert.equal(again.status, 304, `${method} ${path} ${known}`);
        assert.equal(again.body.length, 0);
        for (const name of ["etag", "cache-control", "vary"]) {
          assert.equal(again.headers.get(name), first.headers.get(name), name);
        }
        assert.equal(again.headers.get("content-encoding"), null);
      }
    }
    const otherForm = await call(service, path, { headers: { "if-none-match": etag } });
    assert.equal(otherForm.status, 200);
    assert.equal(otherForm.headers.get("content-encoding"), null);
  }
});

Deno.test("scripts may be used from a cache while the service is away", async () => {
  await using service = await Service.start({ env: DEV });
  for (const { path } of await readClientFiles()) {
    const { headers } = await call(service, path);
    const control = headers.get("cache-control") ?? "";
    assert.match(control, /\bpublic\b/, path);
    assert.match(control, /\bstale-while-revalidate=\d{4,}\b/, path);
    assert.match(control, /\bstale-if-error=\d{4,}\b/, path);
    assert.equal(headers.get("access-control-allow-origin"), "*");
  }
});

Deno.test("of the codings that a caller takes, the one it prefers is used", () => {
  const cases: readonly (readonly [header: string | null, coding: string | undefined])[] = [
    [null, undefined],
    ["", undefined],
    ["gzip, deflate, br, zstd", "br"],
    ["gzip, deflate", "gzip"],
    ["GZIP", "gzip"],
    ["*", "br"],
    ["br;q=0, *", "gzip"],
    ["*;q=0", undefined],
    ["br;q=0.1, gzip;q=0.9", "gzip"],
    ["br; q=1.0, gzip; q=1.0", "br"],
    ["identity", undefined],
    ["identity;q=1, br;q=0.5", undefined],
    ["identity;q=0, gzip", "gzip"],
    ["gzip;q=nonsense", undefined],
    ["gzip;q=-1, br;q=7", undefined],
    ["brotli, gzipped", undefined],
    [",,;q=1, ;", undefined],
  ];
  for (const [header, coding] of cases) assert.equal(chooseCoding(header), coding, `${header}`);
});
