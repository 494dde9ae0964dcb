import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { buildClient } from "../../scripts/build_client.ts";

const KB = 1024;
/** Minified and gzipped. Whoever has a good reason to go above one changes it here. */
const ELEMENTS_WITH_CORE = 20 * KB;
const HOOKS = 2 * KB;

function gzipped(bytes: Uint8Array | undefined): number {
  return gzipSync(bytes ?? new Uint8Array(), { level: 9 }).length;
}

Deno.test("apps load no more for the elements, or for the hooks for React, than their budget", async () => {
  const { outputFiles } = await build({
    entryPoints: [new URL("../../client/src/react/mod.ts", import.meta.url).pathname],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    external: ["react"],
  });
  const hooks = gzipped(outputFiles[0]?.contents);
  assert(hooks > 100 && hooks <= HOOKS, `the hooks have ${hooks} bytes`);
  // Ends the bundler too.
  const elements = (await buildClient()).find(({ name }) => name === "elements.js");
  const size = gzipped(elements?.bytes);
  assert(size > KB && size <= ELEMENTS_WITH_CORE, `elements.js has ${size} bytes`);
});
