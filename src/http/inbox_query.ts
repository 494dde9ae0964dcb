import { z } from "zod";
import { ID_PATTERN } from "../domain/stream_name.ts";
import type { InboxQuery } from "../store/inbox.ts";
import { InvalidRequest, NotSupportedYet } from "../wire/errors.ts";
import { describeIssues } from "../wire/issues.ts";
import { CATEGORY_PATTERN } from "../wire/notification.ts";

const inboxQuerySchema = z.strictObject({
  status: z.enum(["active", "unread", "archived", "all"]).default("active")
    .meta({ description: "`active` is what is not archived." }),
  category: z.string().regex(CATEGORY_PATTERN, { error: "must be 1–64 of a–z 0–9 . _ -" })
    .exactOptional().meta({ description: "Only this category." }),
  topic: z.string().regex(ID_PATTERN, { error: "must be 1–128 of A–Z a–z 0–9 . _ : @ -" })
    .exactOptional().meta({ description: "Only this topic. Not supported yet." }),
  limit: z.int().min(1).max(100).default(20).meta({ description: "Items a page." }),
  cursor: z.string().min(1).max(512).exactOptional()
    .meta({ description: "`next` of the page before." }),
});

/**
 * Reads the query of an inbox request.
 *
 * @param url the request's whole URL
 * @throws {InvalidRequest} for what is unknown, given twice or out of range
 * @throws {NotSupportedYet} for `topic`
 */
export function parseInboxQuery(url: string): InboxQuery {
  const start = url.indexOf("?");
  const parameters = new URLSearchParams(start === -1 ? "" : url.slice(start + 1));
  const value: Record<string, unknown> = Object.create(null);
  for (const [name, text] of parameters) {
    // A list is what no parameter may be, so that one given twice is refused with its name.
    value[name] = name in value ? [] : name === "limit" && /^\d+$/.test(text) ? Number(text) : text;
  }
  const result = inboxQuerySchema.safeParse(value);
  if (!result.success) {
    throw new InvalidRequest(
      "The query is not valid",
      describeIssues(result.error.issues, value),
    );
  }
  const { topic, ...query } = result.data;
  if (topic !== undefined) throw new NotSupportedYet("topic");
  return query;
}

/** The same as OpenAPI parameters. */
export function inboxParameters() {
  const { properties = {} } = z.toJSONSchema(inboxQuerySchema, { io: "input" });
  return Object.entries(properties).map(([name, property]) => {
    const { description = "", ...schema } = Object(property) as { description?: string };
    return { in: "query" as const, name, required: false, description, schema };
  });
}
