import { Hono } from "hono";
import { describeRoute, resolver } from "hono-openapi";
import { z } from "zod";
import { isTopic } from "../domain/stream_name.ts";
import type { Notifications, NotificationStatus } from "../store/publish/notifications.ts";
import { statusSchema } from "./answers.ts";
import type { Authenticator } from "./authenticate.ts";
import { callProblems, PUBLISHER } from "./documented.ts";
import { otherMethods } from "./methods.ts";
import { parseQuery, queryParameters } from "./query.ts";
import { costOfStatus, RECALL_COST } from "../limits/work_cost.ts";
import type { AppEnv } from "./middleware.ts";
import { notFound } from "../errors.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const pageSchema = z.strictObject({
  limit: z.int().min(1).max(100).default(20).meta({
    description: "Number of recipients on a page.",
  }),
  cursor: z.string().min(1).max(512).exactOptional()
    .meta({ description: "`next` of the page before." }),
});

/** `/v1/notifications/{id}` */
export function notification(
  { notifications, authenticate }: { notifications: Notifications; authenticate: Authenticator },
): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/v1/notifications/:id", describeStatus(), async (c) => {
      await authenticate.publisher(c);
      const page = parseQuery(pageSchema, c.req.url);
      const status = await notifications.status(idOf(c.req.param("id")), page);
      if (status === undefined) throw notFound();
      c.get("spend")?.(costOfStatus(status.deliveries.length));
      return new Response(encode(status), { headers: { "content-type": "application/json" } });
    })
    .delete("/v1/notifications/:id", describeRecall(), async (c) => {
      await authenticate.publisher(c);
      c.get("spend")?.(RECALL_COST);
      if (!await notifications.recall(idOf(c.req.param("id")))) throw notFound();
      return new Response(null, { status: 204 });
    })
    .all("/v1/notifications/:id", otherMethods("GET", "DELETE"));
}

/** @throws {ServiceError} `not_found` for what is not the form of an id */
function idOf(text: string): string {
  const id = text.toLowerCase();
  if (!UUID.test(id)) throw notFound();
  return id;
}

function encode({ id, state, sendAt, expiresAt, deliveries, next }: NotificationStatus): string {
  return JSON.stringify({
    id,
    state,
    sendAt: sendAt === undefined ? undefined : new Date(sendAt).toISOString(),
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt).toISOString(),
    deliveries: deliveries.map(({ stream, seq = null, read = null }) =>
      isTopic(stream) ? { stream, seq } : { stream, seq, read }
    ),
    next: next ?? null,
  });
}

const ID = {
  in: "path",
  name: "id",
  required: true,
  description: "As the publish was answered.",
  schema: { type: "string", format: "uuid" },
} as const;

function describeStatus() {
  return describeRoute({
    operationId: "getNotification",
    summary: "Tell where a notification went, and who has read it",
    tags: ["publisher"],
    security: PUBLISHER,
    parameters: [ID, ...queryParameters(pageSchema)],
    responses: {
      200: {
        description: "State of the notification, and a page of its recipients.",
        content: { "application/json": { schema: resolver(statusSchema) } },
      },
      ...callProblems(400, 404),
    },
  });
}

function describeRecall() {
  return describeRoute({
    operationId: "recallNotification",
    summary: "Recall a notification, or cancel it before it is sent",
    description: "From then on nobody has it. Harmless to repeat.",
    tags: ["publisher"],
    security: PUBLISHER,
    parameters: [ID],
    responses: {
      204: { description: "The notification is deleted from every inbox." },
      ...callProblems(404),
    },
  });
}
