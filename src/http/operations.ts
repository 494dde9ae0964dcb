import { Hono } from "hono";
import { describeRoute, resolver } from "hono-openapi";
import { serviceStatusSchema } from "./answers.ts";
import { problems } from "./documented.ts";
import { otherMethods } from "./methods.ts";
import { problemResponse } from "./problem.ts";
import type { AppEnv } from "./middleware.ts";

/** Whether the instance can do its work, and if not, why, in words for the operator. */
export interface Readiness {
  readonly ok: boolean;
  readonly reason?: string;
}

/** What the operator's calls ask. */
export interface OperationsDeps {
  readonly ready: () => Promise<Readiness>;
  /** All metrics in Prometheus' text format. */
  readonly metrics: () => Promise<string>;
}

const RETRY_AFTER = { "retry-after": "1" };

/** `/live`, `/ready` and `/metrics` */
export function operations({ ready, metrics }: OperationsDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/live", describe("live"), () => status("live"))
    .all("/live", otherMethods("GET"))
    .get("/ready", describe("ready"), async () => {
      const { ok, reason = "Not ready" } = await ready().catch((): Readiness => ({
        ok: false,
        reason: "The store does not answer",
      }));
      if (ok) return status("ready");
      return problemResponse({ code: "unavailable", detail: reason, headers: RETRY_AFTER });
    })
    .all("/ready", otherMethods("GET"))
    .get("/metrics", describeMetrics(), async () =>
      new Response(await metrics(), {
        headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
      }))
    .all("/metrics", otherMethods("GET"));
}

function status(status: "live" | "ready"): Response {
  return new Response(`{"status":"${status}"}`, {
    headers: { "content-type": "application/json" },
  });
}

const SUMMARIES = {
  live: "The process answers.",
  ready: "The service can read and write its store.",
};

function describe(operationId: "live" | "ready") {
  const summary = SUMMARIES[operationId];
  return describeRoute({
    operationId,
    summary,
    tags: ["operator"],
    security: [],
    responses: {
      200: {
        description: summary,
        content: { "application/json": { schema: resolver(serviceStatusSchema) } },
      },
      ...(operationId === "ready" ? problems(503) : {}),
    },
  });
}

function describeMetrics() {
  return describeRoute({
    operationId: "metrics",
    summary: "Metrics in Prometheus' text format",
    tags: ["operator"],
    security: [],
    responses: {
      200: {
        description: "All metrics of this instance.",
        content: { "text/plain": { schema: { type: "string" } } },
      },
    },
  });
}
