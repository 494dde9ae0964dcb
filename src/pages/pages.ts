import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { FixedContent } from "../http/fixed_content.ts";
import { otherMethods } from "../http/methods.ts";
import type { AppEnv } from "../http/middleware.ts";
import { devCredentials, type DevCredentialsOptions } from "./dev_credentials.ts";
import { readWebFiles } from "./web_files.ts";

/** What the pages need. */
export type PagesOptions = DevCredentialsOptions;

const FOLDER = new URL("../../web/", import.meta.url);
const HOME = "/playground.html";

/** Nothing but files of this service runs or loads, and no text can become HTML or a script. */
const SAFE = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  },
  xFrameOptions: "DENY",
  permissionsPolicy: { camera: [], geolocation: [], microphone: [] },
  // Dev mode is called by http, and what else runs on `localhost` may have no other way.
  strictTransportSecurity: false,
});

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
    const content = new FixedContent({ bytes, contentType });
    app
      .get(address, SAFE, (c) => content.answer(c.req.raw))
      .all(address, otherMethods("GET"));
  }
  return app.route("/", devCredentials(options));
}
