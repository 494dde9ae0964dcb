import type { MiddlewareHandler } from "hono";
import { calledHost } from "../auth/origins.ts";
import type { AppEnv } from "../http/middleware.ts";
import { ServiceError } from "../errors.ts";

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
const LOOPBACK_ADDRESS = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/i;
/** Fields that proxies, load balancers, content networks and tunnels add to what they pass on. */
const PASSED_ON = new RegExp(
  "^(?:" + [
    "forwarded",
    "via",
    "x-forwarded(?:-.+)?",
    "x-original-(?:host|url|forwarded-.+|uri)",
    "x-(?:real|client|cluster-client|remote|host|proxyuser)-ip",
    "true-client-ip",
    "x-(?:remote-addr|host|proxy-.+|envoy-.+|amz.+|azure-.+|arr-.+|appengine-.+|vercel-.+)",
    "x-(?:ms-.+|tunnel-.+|scheme|url-scheme|forward.*|request-start|cloud-trace-context)",
    "(?:cf|cdn|fly|fastly|ngrok|tailscale|akamai|zrok|pinggy|front-end)-.+",
  ].join("|") + ")$",
);

/**
 * Lets only this machine's own pages and programs through, whatever a browser on it has open.
 *
 * That the service listens on loopback is not enough. Any site may send requests there, and one
 * whose name was rebound to 127.0.0.1 counts as the same origin and could read the answers. Such a
 * page can change neither the `Host` it is called by nor `Sec-Fetch-Site`. A program that is no
 * browser sends no `Sec-Fetch-Site`. A tunnel or proxy on this machine calls from loopback too, on
 * behalf of anyone, and may rewrite `Host`: it is known by the fields that it adds.
 *
 * @throws {ServiceError} `forbidden`
 */
export function localOnly(): MiddlewareHandler<AppEnv> {
  return async function localOnly(c, next) {
    const { raw } = c.req;
    if (!LOOPBACK_HOST.test(calledHost(raw) ?? "")) {
      throw new ServiceError(
        "forbidden",
        "Only for pages that are called by a name of this machine: localhost",
      );
    }
    for (const [name] of raw.headers) {
      if (PASSED_ON.test(name)) {
        throw new ServiceError(
          "forbidden",
          "Only for calls from this machine: this one came through a proxy or a tunnel. Set " +
            "BELLWIRE_JWT_SECRET and BELLWIRE_API_KEYS to serve others",
        );
      }
    }
    const remote = c.env?.remoteAddr;
    if (remote?.transport === "tcp" && !LOOPBACK_ADDRESS.test(remote.hostname)) {
      throw new ServiceError(
        "forbidden",
        "Only for calls from this machine: this one came from another address",
      );
    }
    const origin = raw.headers.get("origin");
    if (origin !== null && !LOOPBACK_HOST.test(URL.parse(origin)?.host ?? "")) {
      throw new ServiceError("forbidden", "Only for this service's own pages");
    }
    const site = raw.headers.get("sec-fetch-site");
    if (site !== null && site !== "same-origin" && site !== "none") {
      throw new ServiceError("forbidden", "Only for this service's own pages");
    }
    await next();
  };
}
