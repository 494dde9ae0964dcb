import type { Context } from "hono";
import { matchedRoutes } from "hono/route";
import type { Concern } from "./around.ts";
import type { AppEnv } from "./request_id.ts";

/** One answered request, in words of which there are only so many. */
export interface Answer {
  readonly method: string;
  /** The pattern of the route that answered, or `/*` where no route matched. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Reports each answer, for metrics. */
export function observe(report: (answer: Answer) => void): Concern {
  return function observe(c) {
    const start = performance.now();
    const hear = ({ status }: Response) =>
      report({
        method: METHODS.has(c.req.method) ? c.req.method : "other",
        route: routeOf(c),
        status,
        seconds: (performance.now() - start) / 1000,
      });
    return { hear };
  };
}

const EVERYTHING = "/*";

/**
 * The route whose handler has answered. An address may match several, such as
 * `/v1/notifications/batch` and `/v1/notifications/:id`. Where a concern of every call has answered,
 * it is the route that would have.
 */
export function routeOf(c: Context<AppEnv>): string {
  const routes = matchedRoutes(c);
  for (let i = c.req.routeIndex; i < routes.length; i++) {
    const path = routes[i]?.path ?? EVERYTHING;
    if (path !== EVERYTHING) return path;
  }
  return EVERYTHING;
}
