import { Hono } from "hono";
import { FixedContent } from "./fixed_content.ts";
import { otherMethods } from "./methods.ts";
import type { AppEnv } from "./middleware.ts";

/** A script for pages of any origin. */
export interface ClientFile {
  /** Where it is served, such as `/client.js`. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const FOLDER = new URL("../../client/dist/", import.meta.url);

/**
 * Reads the scripts that `deno task build` has made. What is found here is all there is to serve.
 *
 * @throws what Deno throws where they can't be read
 */
export async function readClientFiles(folder = FOLDER): Promise<ClientFile[]> {
  const files: ClientFile[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".js")) continue;
    files.push({ path: `/${name}`, bytes: await Deno.readFile(new URL(name, folder)) });
  }
  return files;
}

/**
 * A browser uses what it has while it asks whether there is a newer one, and a cache in front of the
 * service while that is away: pages keep their bell while the service restarts. A page gets a newer
 * script on its first load a minute after the update, or on the load after that one.
 */
const CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=86400, stale-if-error=604800";

const HEADERS = {
  "cache-control": CACHE_CONTROL,
  // Module scripts of other origins are loaded with CORS; there is nothing in them to protect.
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
  "x-content-type-options": "nosniff",
};

/** `/client.js` and what else there is of the client. */
export function clientFiles(files: readonly ClientFile[]): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  for (const { path, bytes } of files) {
    const contentType = "text/javascript; charset=utf-8";
    const content = new FixedContent({ bytes, contentType, headers: HEADERS });
    app.get(path, (c) => content.answer(c.req.raw)).all(path, otherMethods("GET"));
  }
  return app;
}
