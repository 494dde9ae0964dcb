import { routePath } from "hono/route";
import type { Concern } from "./around.ts";

/** One answered request, in words of which there are only so many. */
export interface Answer {
  readonly method: string;
  /** The route's pattern, or `/*` where no route matched. */
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
        route: routePath(c, -1),
        status,
        seconds: (performance.now() - start) / 1000,
      });
    return { hear };
  };
}
