import { z } from "zod";
import { TOPIC_FORM, TOPIC_PATTERN } from "../domain/stream_name.ts";
import type { InboxQuery } from "../store/inbox/inbox.ts";
import { CATEGORY_PATTERN } from "../schemas/notification.ts";
import { parseQuery, queryParameters } from "./query.ts";

const inboxQuerySchema = z.strictObject({
  status: z.enum(["active", "unread", "archived", "all"]).default("active")
    .meta({ description: "`active` is what is not archived." }),
  category: z.string().regex(CATEGORY_PATTERN, { error: "must be 1–64 of a–z 0–9 . _ -" })
    .exactOptional().meta({ description: "Only this category." }),
  topic: z.string().regex(TOPIC_PATTERN, { error: TOPIC_FORM })
    .exactOptional().meta({ description: "Only this topic." }),
  limit: z.int().min(1).max(100).default(20).meta({ description: "Items a page." }),
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
