import assert from "node:assert/strict";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { readClientFiles } from "../../src/http/client_files.ts";

/** Bytes, minified and gzipped. */
const MAX: Readonly<Record<string, number>> = {
  "/client.js": 9 * 1024,
  "/client-more.js": 5 * 1024,
  "/elements.js": 12.75 * 1024,
  "/react.js": 2 * 1024,
};

/** What a page with an element loads, in Brotli: the elements, and the client that they import. */
const ELEMENTS_MAX = 20 * 1024;

/** The files' sizes, minified and gzipped, by path. */
async function sizes(): Promise<[path: string, bytes: number][]> {
  return (await readClientFiles()).map(({ path, bytes }) => [
    path,
    gzipSync(bytes, { level: 9 }).length,
  ]);
}

/** Bytes as the service sends them to a browser. */
function brotli(bytes: Uint8Array): number {
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return brotliCompressSync(bytes, { params }).length;
}

Deno.test("apps load no more for the client, the elements and the hooks than their budget", async () => {
  const all = await sizes();
  assert.deepEqual(all.map(([path]) => path).sort(), Object.keys(MAX).sort());
  for (const [path, size] of all) {
    const max = MAX[path] ?? 0;
    assert(size > 100 && size <= max, `${path} has ${size} bytes, and may have ${max}`);
  }
  const scripts = (await readClientFiles()).filter(({ path }) =>
    /(client|elements)\.js$/.test(path)
  );
  const both = scripts.reduce((sum, { bytes }) => sum + brotli(bytes), 0);
  assert(both <= ELEMENTS_MAX, `elements and client: ${both} bytes, may have ${ELEMENTS_MAX}`);
});

Deno.test("the sizes that the READMEs print are those of the files", async () => {
  const actual = new Map(await sizes());
  for (const readme of ["README.md", "client/README.md"]) {
    const text = await Deno.readTextFile(new URL(`../../${readme}`, import.meta.url));
    const printed = [...text.matchAll(/^\| `([a-z-]+\.js)`.*\| ([\d.]+) KB +\|$/gm)];
    assert(printed.length >= 3, `${readme} prints ${printed.length} sizes`);
    for (const [, name, kilobytes] of printed) {
      const size = (actual.get(`/${name}`) ?? 0) / 1024;
      assert.equal(kilobytes, size.toFixed(1), `${name} in ${readme}`);
    }
  }
});
