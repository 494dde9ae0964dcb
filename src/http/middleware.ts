import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";

/** What the app's handlers find in their context. */
export interface AppEnv {
  /** What the server knows of the connection; empty where no server listens, as in a test. */
  Bindings: Partial<Deno.ServeHandlerInfo>;
  Variables: {
    requestId: string;
    /** The publisher that calls, once its key was found. */
    publisher?: string;
    /** Counts what the publisher's call takes beyond a simple one; absent without a quota. */
    spend?: (cost: number) => void;
    /** The user who calls, once the token was checked. */
    user?: string;
  };
}

/** Middleware of the app. */
export type AppMiddleware = MiddlewareHandler<AppEnv>;

/**
 * The header fields of the answer, to be added to after `next`; undefined for an upgrade to a WebSocket, whose
 * fields can't be changed. Hono's `c.header` would make a new answer, which an upgrade does not survive.
 */
export function answerHeaders(c: Context<AppEnv>): Headers | undefined {
  return c.res.status === 101 ? undefined : c.res.headers;
}

/**
 * Gives every call an id, and its answer the header fields that all answers have:
 *
 * - `X-Request-Id`: made here, as an id of the caller may be neither unique nor harmless in a log. Hono's `requestId`
 *   takes the caller's.
 * - `X-Content-Type-Options: nosniff`: a browser does not guess another type than the one that is named.
 * - `Cache-Control: no-store`, unless the answer says otherwise: most answers are for one caller, and a new route that
 *   says nothing must not end up in a shared cache.
 */
export function standardHeaders(): AppMiddleware {
  const process = crypto.randomUUID().slice(0, 13).replace("-", "");
  let count = 0;
  return async function standardHeaders(c, next) {
    const id = `${process}-${(++count).toString(36)}`;
    c.set("requestId", id);
    await next();
    const headers = answerHeaders(c);
    headers?.set("x-request-id", id);
    headers?.set("x-content-type-options", "nosniff");
    if (headers?.has("cache-control") === false) headers.set("cache-control", "no-store");
  };
}

/** One answered request, with labels of which there is a limited number. */
export interface Answer {
  readonly method: string;
  /** The pattern of the route that answered, or `/*` where no route matched. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Reports each answer, for metrics. */
export function observe(report: (answer: Answer) => void): AppMiddleware {
  return async function observe(c, next) {
    const start = performance.now();
    await next();
    report({
      method: METHODS.has(c.req.method) ? c.req.method : "other",
      route: routeOf(c),
      status: c.res.status,
      seconds: (performance.now() - start) / 1000,
    });
  };
}

/**
 * The route whose handler has answered. An address may match several, such as `/v1/notifications/batch` and
 * `/v1/notifications/:id`. Where a middleware of all calls has answered, it is the route that would have.
 */
export function routeOf(c: Context<AppEnv>): string {
  const routes = matchedRoutes(c);
  for (let i = c.req.routeIndex; i < routes.length; i++) {
    const path = routes[i]?.path;
    if (path !== undefined && !path.endsWith("/*")) return path;
  }
  return "/*";
}
