import type { OriginCheck } from "../auth/origins.ts";
import type { Concern } from "./around.ts";

const PREFLIGHT = {
  "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE",
  "access-control-allow-headers":
    "authorization, content-type, idempotency-key, last-event-id, cache-control",
  "access-control-max-age": "86400",
};
const EXPOSED =
  "x-request-id, retry-after, idempotent-replayed, ratelimit, ratelimit-policy, www-authenticate";

/**
 * Lets pages of the allowed origins read the answers. Whom it does not allow gets no header and is
 * not refused: credentials are never sent by the browser on its own, so there is nothing to forge.
 * For the same reason `Access-Control-Allow-Credentials` is never sent, so that allowing every origin
 * gives none of them what a user is signed in with elsewhere.
 */
export function cors(allowed: OriginCheck): Concern {
  return function cors(c) {
    const { headers: asked } = c.req.raw;
    const origin = asked.get("origin");
    const isAllowed = origin !== null && allowed({ origin, host: asked.get("host") });
    const isPreflight = c.req.method === "OPTIONS" && asked.has("access-control-request-method");
    const mark = (headers: Headers) => {
      // Also where there is none: what a cache keeps for one page must not be given to another.
      headers.append("vary", "Origin");
      if (!isAllowed) return;
      headers.set("access-control-allow-origin", origin);
      if (!isPreflight) headers.set("access-control-expose-headers", EXPOSED);
    };
    if (!isAllowed || !isPreflight) return { mark };
    // Answered for every address alike: whether the call is one that exists is for the call to tell.
    return { answer: new Response(null, { status: 204, headers: PREFLIGHT }), mark };
  };
}
