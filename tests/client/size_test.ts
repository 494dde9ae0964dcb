import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readClientFiles } from "../../src/http/client_files.ts";

/** Bytes, minified and gzipped. */
const MAX: Readonly<Record<string, number>> = {
  "/client.js": 8 * 1024,
  "/client-more.js": 2_600,
  "/elements.js": 20 * 1024,
  "/react.js": 2 * 1024,
};

Deno.test("apps load no more for the client, the elements and the hooks than their budget", async () => {
  const sizes = (await readClientFiles()).map(({ path, bytes }): [string, number] => [
    path,
    gzipSync(bytes, { level: 9 }).length,
  ]);
  assert.deepEqual(sizes.map(([path]) => path).sort(), Object.keys(MAX).sort());
  for (const [path, size] of sizes) {
    const max = MAX[path] ?? 0;
    assert(size > 100 && size <= max, `${path} has ${size} bytes, and may have ${max}`);
  }
});
