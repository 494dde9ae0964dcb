import { resolver } from "hono-openapi";
import { notificationSchema } from "../schemas/notification.ts";
import { headerReference } from "./answer_headers.ts";
import { problemSchema } from "./answers.ts";
import { FixedContent } from "./fixed_content.ts";
import { PROBLEMS } from "./problem.ts";

/** A document about the service: anybody may have it, and a newer version replaces it. */
export function fixedDocument(json: string): FixedContent {
  return new FixedContent({
    bytes: new TextEncoder().encode(json),
    contentType: "application/json",
    headers: { "cache-control": "public, no-cache" },
  });
}

/** Names the credentials of a publisher in the OpenAPI document. */
export const PUBLISHER = [{ publisherKey: [] }];
/** Names the credentials of a user in the OpenAPI document. */
export const USER = [{ userToken: [] }];

/** The problem answers of a call, by status, with the codes that a caller has to expect. */
export function problems(...statuses: number[]) {
  return Object.fromEntries(statuses.map((status) => {
    const entries = Object.entries(PROBLEMS).filter(([, [its]]) => its === status);
    const codes = entries.map(([code]) => `\`${code}\``).join(", ");
    return [status, {
      description: `${entries[0]?.[1][1]}: ${codes}.`,
      content: { "application/problem+json": { schema: resolver(problemSchema) } },
    }];
  }));
}

/** What every call that needs credentials may be refused with. */
const COMMON = [401, 403, 429, 500, 503];

/** The problem answers of a call that needs credentials: those of all such calls, and its own. */
export function callProblems(...own: number[]) {
  return problems(...own, ...COMMON);
}

/** The header that makes a repeat of a publish harmless, as an OpenAPI parameter. */
export const IDEMPOTENCY_KEY = {
  in: "header",
  name: "Idempotency-Key",
  required: false,
  description: "Makes a repeat harmless for 24 hours: it gets the first answer again.",
  schema: { type: "string", minLength: 1, maxLength: 255 },
} as const;

/** The header of an answer to a repeat. */
export const REPLAYED = { "Idempotent-Replayed": headerReference("Idempotent-Replayed") };

/** A notification as a body, in each format. */
export function notificationBody() {
  const schema = resolver(notificationSchema);
  return {
    required: true,
    content: { "application/json": { schema }, "application/cbor": { schema } },
  };
}
