import { Hono } from "hono";
import { describeRoute, resolver } from "hono-openapi";
import { readerOf } from "../auth/patterns.ts";
import type { Marks } from "../store/inbox/marks.ts";
import { describeIssues } from "../schemas/issues.ts";
import { markSchema, targetsOf } from "../schemas/mark.ts";
import { parseWithItems } from "../schemas/mark_items.ts";
import { costOfBytes, costOfItems } from "../limits/work_cost.ts";
import type { Authenticator } from "./authenticate.ts";
import { parseJson, readBody, requireJson } from "./body.ts";
import { callProblems, USER } from "./documented.ts";
import { otherMethods } from "./methods.ts";
import type { AppEnv } from "./middleware.ts";
import { ServiceError } from "../errors.ts";

const MAX_BODY = 64 * 1024;

/** `/v1/inbox/marks` */
export function marks(
  { marks, authenticate }: { marks: Marks; authenticate: Authenticator },
): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post("/v1/inbox/marks", describeMark(), async (c) => {
      const { raw } = c.req;
      const token = await authenticate.user(c);
      requireJson(raw.headers);
      const body = await readBody(raw, MAX_BODY);
      const value = parseJson(body);
      const result = parseWithItems(value, (value) => markSchema.safeParse(value));
      if (!result.success) {
        throw new ServiceError(
          "invalid_request",
          "The mark is not valid",
          { issues: describeIssues(result.error.issues, value) },
        );
      }
      const { op, items = [] } = result.data;
      const { quotas } = authenticate;
      const unannounced = raw.headers.has("content-length") ? 0 : costOfBytes(body.byteLength);
      quotas.charge(token.user, costOfItems(items.length) + unannounced);
      const mark = { op, targets: targetsOf(result.data) };
      await quotas.run(token.user, () => marks.mark(readerOf(token), mark));
      return new Response(null, { status: 204 });
    })
    .all("/v1/inbox/marks", otherMethods("POST"));
}

function describeMark() {
  return describeRoute({
    operationId: "markItems",
    summary: "Mark items as read, seen, archived or deleted",
    description: "All of it takes effect at once, or nothing; every device of the user learns of " +
      "it. What is so already stays so.",
    tags: ["user"],
    security: USER,
    requestBody: {
      required: true,
      content: { "application/json": { schema: resolver(markSchema) } },
    },
    responses: {
      204: { description: "The service has stored the mark." },
      ...callProblems(400, 413, 415),
    },
  });
}
