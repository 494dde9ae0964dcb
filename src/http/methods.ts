import type { Handler } from "hono";
import { problemResponse } from "./problem.ts";

/**
 * Answers what is left on an address after its real handlers: OPTIONS tells which methods there are,
 * all others are refused with a 405.
 *
 * @param methods the real ones; GET brings HEAD
 */
export function otherMethods(...methods: string[]): Handler {
  const allow = methods.flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]);
  allow.push("OPTIONS");
  return function otherMethods(c) {
    if (c.req.method === "OPTIONS") {
      return new Response(null, { status: 204, headers: { allow: allow.join(", ") } });
    }
    return problemResponse({
      code: "method_not_allowed",
      detail: `This address answers ${allow.join(", ")} only`,
      headers: { allow: allow.join(", ") },
    });
  };
}
