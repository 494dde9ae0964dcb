import type { MiddlewareHandler } from "hono";
import { Forbidden } from "../auth/errors.ts";
import type { AppEnv } from "../http/request_id.ts";

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Lets only this machine's own pages and programs through, whatever a browser on it has open.
 *
 * That the service listens on loopback is not enough: any site may send requests there, and one
 * whose name was rebound to 127.0.0.1 counts as the same origin and could read the answers. Such a
 * page can change neither the `Host` it is called by nor `Sec-Fetch-Site`. A program that is no
 * browser sends no `Sec-Fetch-Site`.
 *
 * @throws {Forbidden}
 */
export function localOnly(): MiddlewareHandler<AppEnv> {
  return async function localOnly(c, next) {
    const { headers, url } = c.req.raw;
    // HTTP/2 has no Host header; there the URL holds what was called.
    if (!LOOPBACK.test(headers.get("host") ?? new URL(url).host)) {
      throw new Forbidden("Only for pages that are called by a name of this machine: localhost");
    }
    const site = headers.get("sec-fetch-site");
    if (site !== null && site !== "same-origin" && site !== "none") {
      throw new Forbidden("Only for this service's own pages");
    }
    await next();
  };
}
