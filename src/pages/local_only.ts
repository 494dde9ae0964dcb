import type { MiddlewareHandler } from "hono";
import { calledHost } from "../auth/origins.ts";
import type { AppEnv } from "../http/middleware.ts";
import { ServiceError } from "../errors.ts";

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
const LOOPBACK_ADDRESS = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/i;
/** Header fields that proxies, load balancers, content networks and tunnels add. */
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
 * Allows only requests of this service's pages and of programs on this machine.
 *
 * Listening on loopback is not enough. Any site in a browser on this machine can send requests there, and
 * a site whose name was rebound to 127.0.0.1 has the same origin and could read the answers. Such a page
 * cannot change `Host` or `Sec-Fetch-Site`, and programs other than browsers send no `Sec-Fetch-Site`. A
 * tunnel or proxy on this machine also calls from loopback, on behalf of strangers, and may rewrite `Host`:
 * the header fields that it adds reveal it.
 *
 * @throws {ServiceError} `forbidden`
 */
export function localOnly(): MiddlewareHandler<AppEnv> {
  return async function localOnly(c, next) {
    const { raw } = c.req;
    if (!LOOPBACK_HOST.test(calledHost(raw) ?? "")) {
      throw new ServiceError(
        "forbidden",
        "Only this machine may call this address: use localhost as the host name",
      );
    }
    for (const [name] of raw.headers) {
      if (PASSED_ON.test(name)) {
        throw new ServiceError(
          "forbidden",
          "Only this machine may call this address: this call came through a proxy or a tunnel. " +
            "Set BELLWIRE_JWT_SECRET and BELLWIRE_API_KEYS to serve other machines",
        );
      }
    }
    const remote = c.env?.remoteAddr;
    if (remote?.transport === "tcp" && !LOOPBACK_ADDRESS.test(remote.hostname)) {
      throw new ServiceError(
        "forbidden",
        "Only this machine may call this address: this call came from another one",
      );
    }
    const origin = raw.headers.get("origin");
    if (origin !== null && !LOOPBACK_HOST.test(URL.parse(origin)?.host ?? "")) {
      throw new ServiceError("forbidden", "Only the pages of this service may call this address");
    }
    const site = raw.headers.get("sec-fetch-site");
    if (site !== null && site !== "same-origin" && site !== "none") {
      throw new ServiceError("forbidden", "Only the pages of this service may call this address");
    }
    await next();
  };
}
