import type { Hono } from "hono";
import { uniqueSymbol } from "hono-openapi";
import type { AppEnv } from "./middleware.ts";

/** A route, and with what it may answer. */
export interface DescribedRoute {
  readonly method: string;
  /** As in the metrics, such as `/v1/notifications/:id`. */
  readonly path: string;
  readonly statuses: readonly number[];
}

/** The routes of an app that are described in `/openapi.json`. */
export function describedRoutes({ routes }: Hono<AppEnv>): DescribedRoute[] {
  return routes.flatMap(({ method, path, handler }) => {
    const described =
      (handler as { [uniqueSymbol]?: { spec?: { responses?: object } } })[uniqueSymbol];
    const responses = described?.spec?.responses;
    return responses === undefined
      ? []
      : [{ method, path, statuses: Object.keys(responses).map(Number) }];
  });
}
