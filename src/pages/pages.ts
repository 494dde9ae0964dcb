import { Hono } from "hono";
import { otherMethods } from "../http/methods.ts";
import type { AppEnv } from "../http/request_id.ts";
import { devCredentials, type DevCredentialsOptions } from "./dev_credentials.ts";
import { readWebFiles } from "./web_files.ts";

/** What the pages need. */
export type PagesOptions = DevCredentialsOptions;

const FOLDER = new URL("../../web/", import.meta.url);
const HOME = "/playground.html";

/** Nothing but files of this service runs or loads, and no text can become HTML or a script. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/**
 * The pages of dev mode: the playground at `/`, and the credentials it works with, which are why
 * nothing of this may be there in any other mode.
 *
 * @throws what Deno throws where the pages' files can't be read
 */
export async function createPages(options: PagesOptions): Promise<Hono<AppEnv>> {
  const app = new Hono<AppEnv>();
  for (const { path, contentType, bytes } of await readWebFiles(FOLDER)) {
    const address = path === HOME ? "/" : path;
    app
      .get(address, (c) => c.body(bytes, 200, { ...HEADERS, "content-type": contentType }))
      .all(address, otherMethods("GET"));
  }
  return app.route("/", devCredentials(options));
}
