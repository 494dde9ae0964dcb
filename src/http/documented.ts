import { resolver } from "hono-openapi";
import { notificationSchema } from "../wire/notification.ts";
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

/** The header that makes a repeat of a publish harmless, as an OpenAPI parameter. */
export const IDEMPOTENCY_KEY = {
  in: "header",
  name: "Idempotency-Key",
  required: false,
  description: "Makes a repeat harmless for 24 hours: it gets the first answer again.",
  schema: { type: "string", minLength: 1, maxLength: 255 },
} as const;

const text = { type: "string" } as const;

/** The header fields of answers that a program may go by; pages of allowed origins may read them. */
export const ANSWER_HEADERS = {
  "X-Request-Id": {
    description: "Names this call in the log of the service.",
    schema: text,
    example: "4c1d7e0a93b2-1k",
  },
  "Retry-After": {
    description: "Whole seconds after which the call may be repeated.",
    schema: { type: "integer", minimum: 1 },
    example: 1,
  },
  "RateLimit-Policy": {
    description: "How many calls the caller has in how many seconds; absent without a limit.",
    schema: text,
    example: '"publisher";q=600000;w=60',
  },
  "RateLimit": {
    description: "How many calls are left, and in how many seconds all are again.",
    schema: text,
    example: '"publisher";r=599999;t=1',
  },
  "Idempotent-Replayed": {
    description: "`true` where the answer is that of an earlier call with the same key.",
    schema: text,
    example: "true",
  },
  "WWW-Authenticate": {
    description: "Which credentials are asked for, and whether those that came are no good.",
    schema: text,
    example: 'Bearer realm="bellwire", error="invalid_token"',
  },
  "Allow": { description: "The methods of this address.", schema: text, example: "GET, HEAD" },
} as const;

/** The header of an answer to a repeat. */
export const REPLAYED = { "Idempotent-Replayed": ANSWER_HEADERS["Idempotent-Replayed"] };

/** A notification as a body, in each format. */
export function notificationBody() {
  const schema = resolver(notificationSchema);
  return {
    required: true,
    content: { "application/json": { schema }, "application/cbor": { schema } },
  };
}
