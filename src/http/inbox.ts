import { Hono } from "hono";
import { describeRoute, resolver } from "hono-openapi";
import { readerOf } from "../auth/patterns.ts";
import type { Inbox, InboxPage, InboxQuery } from "../store/inbox/inbox.ts";
import type { Counts } from "../domain/item.ts";
import { costOfReading } from "../limits/work_cost.ts";
import { countsSchema } from "../schemas/item_schema.ts";
import { inboxPageSchema } from "./answers.ts";
import type { Authenticator } from "./authenticate.ts";
import { callProblems, USER } from "./documented.ts";
import { otherMethods } from "./methods.ts";
import type { AppEnv } from "./middleware.ts";
import { z } from "zod";
import { TOPIC_FORM, TOPIC_PATTERN } from "../domain/stream_name.ts";
import { CATEGORY_PATTERN } from "../schemas/notification.ts";
import { parseQuery, queryParameters } from "./query.ts";

const HEADERS = { "content-type": "application/json" };

/** `/v1/inbox` and `/v1/inbox/counts` */
export function inbox(
  { inbox, authenticate }: { inbox: Inbox; authenticate: Authenticator },
): Hono<AppEnv> {
  const { quotas } = authenticate;
  return new Hono<AppEnv>()
    .get("/v1/inbox", describeList(), async (c) => {
      const reader = readerOf(await authenticate.user(c));
      const query = parseInboxQuery(c.req.url);
      const page = await quotas.run(reader.user, () => inbox.list(reader, query));
      quotas.add(reader.user, costOfReading(page.read));
      return new Response(encodePage(page), { headers: HEADERS });
    })
    .all("/v1/inbox", otherMethods("GET"))
    .get("/v1/inbox/counts", describeCounts(), async (c) => {
      const reader = readerOf(await authenticate.user(c));
      const { counts, read } = await quotas.run(reader.user, () => inbox.counts(reader));
      quotas.add(reader.user, costOfReading(read));
      return new Response(encodeCounts(counts), { headers: HEADERS });
    })
    .all("/v1/inbox/counts", otherMethods("GET"));
}

function encodePage({ items, counts, next }: InboxPage): string {
  return `{"items":[${items.join(",")}],"counts":${encodeCounts(counts)},"next":${
    JSON.stringify(next ?? null)
  }}`;
}

function encodeCounts({ unread, unseen }: Counts): string {
  return `{"unread":${unread},"unseen":${unseen}}`;
}

function describeList() {
  return describeRoute({
    operationId: "listInbox",
    summary: "Read the inbox",
    description:
      "The user's notifications, own ones and those of topics, newest first, in pages. " +
      "A page may hold fewer than `limit`, or nothing, where a category is rare: go on until `next` is null.",
    tags: ["user"],
    security: USER,
    parameters: inboxParameters(),
    responses: {
      200: {
        description: "Page of the inbox, newest items first.",
        content: { "application/json": { schema: resolver(inboxPageSchema) } },
      },
      ...callProblems(400),
    },
  });
}

function describeCounts() {
  return describeRoute({
    operationId: "countInbox",
    summary: "Count the inbox",
    tags: ["user"],
    security: USER,
    responses: {
      200: {
        description: "The user's totals over all streams.",
        content: { "application/json": { schema: resolver(countsSchema) } },
      },
      ...callProblems(),
    },
  });
}

const inboxQuerySchema = z.strictObject({
  status: z.enum(["active", "unread", "archived", "all"]).default("active")
    .meta({ description: "`active` is what is not archived." }),
  category: z.string().regex(CATEGORY_PATTERN, { error: "must be 1–64 of a–z 0–9 . _ -" })
    .exactOptional().meta({ description: "Restricts the page to one category." }),
  topic: z.string().regex(TOPIC_PATTERN, { error: TOPIC_FORM })
    .exactOptional().meta({ description: "Restricts the page to one topic." }),
  limit: z.int().min(1).max(100).default(20).meta({ description: "Number of items on a page." }),
  cursor: z.string().min(1).max(4096).exactOptional()
    .meta({ description: "`next` of the page before." }),
});

/**
 * Reads the query of an inbox request.
 *
 * @param url the request's whole URL
 * @throws {ServiceError} `invalid_request` for what is unknown, given twice or out of range
 */
export function parseInboxQuery(url: string): InboxQuery {
  return parseQuery(inboxQuerySchema, url);
}

/** The same as OpenAPI parameters. */
export function inboxParameters() {
  return queryParameters(inboxQuerySchema);
}
