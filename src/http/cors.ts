import { calledHost, type OriginCheck } from "../auth/origins.ts";
import { answerHeaders, type AppMiddleware } from "./middleware.ts";
import { ANSWER_HEADERS } from "./answer_headers.ts";

const METHODS = "GET, HEAD, POST, PUT, DELETE";
/** Allowed where a browser names no field that it wants to send. */
const USUAL_HEADERS = "authorization, content-type, idempotency-key, last-event-id, cache-control";
/** A list of names of fields (RFC 9110, 5.6.2), and nothing else that could get into an answer. */
const FIELD_NAMES = /^[\w!#$%&'*+.^`|~-]+(?:[\t ]*,[\t ]*[\w!#$%&'*+.^`|~-]+)*$/;
const FIELD_NAMES_MAX = 4_096;
const MAX_AGE_SECONDS = "86400";
const EXPOSED = Object.keys(ANSWER_HEADERS).join(", ");

/**
 * Lets pages of the allowed origins read the answers. Whom it does not allow gets no header and is
 * not refused: credentials are never sent by the browser on its own, so there is nothing to forge.
 * For the same reason `Access-Control-Allow-Credentials` is never sent, so that allowing every origin
 * gives none of them what a user is signed in with elsewhere.
 *
 * A page of an allowed origin may send any header field: what is not known here is ignored, and
 * libraries for tracing add fields of their own (`traceparent`, `baggage`, `sentry-trace`) to calls
 * that they know nothing about. Hono's `cors` does the same, but answers `OPTIONS` for every origin,
 * and makes a new answer of each, which an upgrade to a WebSocket does not survive.
 *
 * @param allowed which origins are allowed at the moment; undefined for none but the service's own
 */
export function cors(allowed: () => OriginCheck | undefined): AppMiddleware {
  return async function cors(c, next) {
    const check = allowed();
    if (check === undefined) return await next();
    const { headers: asked } = c.req.raw;
    const origin = asked.get("origin");
    const isAllowed = origin !== null && check({ origin, host: calledHost(c.req.raw) });
    const isPreflight = c.req.method === "OPTIONS" && asked.has("access-control-request-method");
    // Answered for every address alike: whether the call is one that exists is for the call to tell.
    if (isAllowed && isPreflight) c.res = preflight(asked.get("access-control-request-headers"));
    else await next();
    const headers = answerHeaders(c);
    // Also where there is none: what a cache keeps for one page must not be given to another.
    headers?.append("vary", isPreflight ? "Origin, Access-Control-Request-Headers" : "Origin");
    if (!isAllowed) return;
    headers?.set("access-control-allow-origin", origin);
    if (!isPreflight) headers?.set("access-control-expose-headers", EXPOSED);
  };
}

function preflight(wanted: string | null): Response {
  const isList = wanted !== null && wanted.length <= FIELD_NAMES_MAX && FIELD_NAMES.test(wanted);
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": isList ? wanted : USUAL_HEADERS,
      "access-control-max-age": MAX_AGE_SECONDS,
    },
  });
}
