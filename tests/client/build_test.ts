import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { buildClient } from "../../scripts/build_client.ts";
import { readClientFiles } from "../../src/http/client_files.ts";
import { Service } from "../support/service.ts";

Deno.test("what the service serves is what the sources say: after a change, deno task build", async () => {
  const built = await buildClient();
  const served = await readClientFiles();
  assert.deepEqual(
    served.map(({ path }) => path).sort(),
    built.map(({ name }) => `/${name}`).sort(),
  );
  for (const { name, bytes } of built) {
    const file = served.find(({ path }) => path === `/${name}`);
    assert.equal(
      new TextDecoder().decode(file?.bytes),
      new TextDecoder().decode(bytes),
      `client/dist/${name} is not up to date`,
    );
  }
});

/** Bytes that a page loads, gzipped; what comes on demand does not count. */
const SIZES_MAX: Readonly<Record<string, number>> = {
  "client.js": 9_500,
  "client-more.js": 2_300,
};

Deno.test("the client stays small", async () => {
  const built = await buildClient();
  for (const [name, max] of Object.entries(SIZES_MAX)) {
    const bytes = built.find((file) => file.name === name)?.bytes ?? assert.fail(name);
    const size = gzipSync(bytes, { level: 9 }).length;
    assert(size <= max, `${name} has ${size} bytes gzipped, and may have ${max}`);
  }
});

Deno.test("pages of any origin may load the client, and load it again only when it has changed", async () => {
  await using service = await Service.start();
  const answer = await service.fetch("/client.js");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "text/javascript; charset=utf-8");
  assert.equal(answer.headers.get("access-control-allow-origin"), "*");
  assert.match(await answer.text(), /export\s*\{[^}]*\bas connect\b/);
  const etag = answer.headers.get("etag") ?? "";
  const again = await service.fetch("/client.js", { headers: { "if-none-match": etag } });
  assert.equal(again.status, 304);
  assert.equal(await again.text(), "");
  const posted = await service.fetch("/client.js", { method: "POST" });
  assert.equal(posted.status, 405);
  await posted.body?.cancel();
});
