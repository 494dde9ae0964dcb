import type { MiddlewareHandler } from "hono";
import type { OriginCheck } from "../auth/origins.ts";

const PREFLIGHT = {
  "access-control-allow-methods": "GET, POST, PUT, DELETE",
  "access-control-allow-headers": "authorization, content-type, idempotency-key",
  "access-control-max-age": "86400",
};
const EXPOSED = "x-request-id, retry-after, idempotent-replayed";

/**
 * Lets pages of the allowed origins read the answers. Whom it does not allow gets no header and is
 * not refused: credentials are never sent by the browser on its own, so there is nothing to forge.
 */
export function cors(allowed: OriginCheck): MiddlewareHandler {
  return async function cors(c, next) {
    const origin = c.req.raw.headers.get("origin");
    if (origin === null || !allowed({ origin, host: c.req.raw.headers.get("host") })) {
      await next();
      return;
    }
    await next();
    const { headers } = c.res;
    headers.set("access-control-allow-origin", origin);
    headers.append("vary", "Origin");
    if (c.req.method === "OPTIONS" && c.res.ok) {
      for (const [name, value] of Object.entries(PREFLIGHT)) headers.set(name, value);
    } else {
      headers.set("access-control-expose-headers", EXPOSED);
    }
  };
}
