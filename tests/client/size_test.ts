import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { build, stop } from "esbuild";

const KB = 1024;
/** Minified and gzipped. Whoever has a good reason to go above one changes it here. */
const ELEMENTS_WITH_CORE = 20 * KB;
const HOOKS = 2 * KB;

function gzipped(bytes: Uint8Array | undefined): number {
  return gzipSync(bytes ?? new Uint8Array(), { level: 9 }).length;
}

Deno.test("a page loads no more for the elements than their budget", async () => {
  const size = gzipped(
    await Deno.readFile(new URL("../../client/dist/elements.js", import.meta.url)),
  );
  assert(size > KB && size <= ELEMENTS_WITH_CORE, `elements.js has ${size} bytes`);
});

Deno.test("the hooks for React add at most 2 KB", async () => {
  try {
    const { outputFiles } = await build({
      entryPoints: [new URL("../../client/src/react/mod.ts", import.meta.url).pathname],
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
      external: ["react"],
    });
    const size = gzipped(outputFiles[0]?.contents);
    assert(size > 100 && size <= HOOKS, `the hooks have ${size} bytes`);
  } finally {
    await stop();
  }
});
