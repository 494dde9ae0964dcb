import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { Credentials } from "../auth/credentials.ts";
import type { Config } from "../config/config.ts";
import { FixedContent } from "../http/fixed_content.ts";
import { otherMethods } from "../http/methods.ts";
import type { AppEnv } from "../http/middleware.ts";
import { devCredentials } from "./dev_credentials.ts";

const FOLDER = new URL("../../web/", import.meta.url);
const HOME = "/playground.html";

/** Browsers run and load only files of this service, and never turn text into HTML or a script. */
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
  // Dev mode uses http, and other programs on `localhost` may need http too.
  strictTransportSecurity: false,
});

/**
 * The pages of dev mode: the playground at `/`, and its credentials, which let every caller read and
 * publish everything.
 *
 * @returns undefined in any other mode
 * @throws what Deno throws if the files of the pages cannot be read
 */
export async function createDevPages(
  { maxTokenLifetimeMs, issuer, audience, userClaim }: Pick<
    Config,
    "maxTokenLifetimeMs" | "issuer" | "audience" | "userClaim"
  >,
  { dev, jwtSecrets: [jwtSecret] }: Pick<Credentials, "dev" | "jwtSecrets">,
): Promise<Hono<AppEnv> | undefined> {
  if (dev === undefined || jwtSecret === undefined) return undefined;
  const app = new Hono<AppEnv>();
  for (const { path, contentType, bytes } of await readWebFiles(FOLDER)) {
    const address = path === HOME ? "/" : path;
    const content = new FixedContent({ bytes, contentType });
    app
      .get(address, SAFE, (c) => content.answer(c.req.raw))
      .all(address, otherMethods("GET"));
  }
  const credentials = devCredentials({
    jwtSecret,
    publisherKey: dev.publisherKey,
    maxTokenLifetimeMs,
    userClaim,
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  });
  return app.route("/", credentials);
}

/** A file for browsers. */
interface WebFile {
  /** The path of its address, such as `/playground/device.js`. */
  readonly path: string;
  readonly contentType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/**
 * Reads all files for browsers below a folder at the start, so that no request ever becomes a path in the
 * file system.
 *
 * @param folder ends with a slash
 */
async function readWebFiles(folder: URL, path = "/"): Promise<WebFile[]> {
  const files: WebFile[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) {
      files.push(...await readWebFiles(new URL(`${name}/`, folder), `${path}${name}/`));
      continue;
    }
    const contentType = CONTENT_TYPES[name.slice(name.lastIndexOf(".") + 1)];
    if (contentType === undefined) continue;
    const bytes = await Deno.readFile(new URL(name, folder));
    files.push({ path: path + name, contentType, bytes });
  }
  return files;
}
