import { createHash } from "node:crypto";
import { Hono } from "hono";
import { otherMethods } from "./methods.ts";
import type { AppEnv } from "./request_id.ts";

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

const HEADERS = {
  "content-type": "text/javascript; charset=utf-8",
  // Asked for again each time, and sent only where the service has another one by then.
  "cache-control": "public, no-cache",
  // Module scripts of other origins are loaded with CORS; there is nothing in them to protect.
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
  "x-content-type-options": "nosniff",
};

/** `/client.js` and what else there is of the client. */
export function clientFiles(files: readonly ClientFile[]): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  for (const { path, bytes } of files) {
    const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
    const headers = { ...HEADERS, etag: `W/"${hash}"` };
    app
      .get(path, (c) => {
        const known = c.req.header("if-none-match") ?? "";
        return known.includes(hash) ? c.body(null, 304, headers) : c.body(bytes, 200, headers);
      })
      .all(path, otherMethods("GET"));
  }
  return app;
}
