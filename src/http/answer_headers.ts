const text = { type: "string" } as const;

/** The header fields of answers that a program may go by. Pages of allowed origins may read them. */
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

export type AnswerHeader = keyof typeof ANSWER_HEADERS;

/** The header field as a part of an answer in the OpenAPI document. */
export function headerReference(name: AnswerHeader): { $ref: string } {
  return { $ref: `#/components/headers/${name}` };
}

const RETRIED = new Set([409, 429, 503]);

/**
 * The header fields that an answer may have, whatever the call is.
 *
 * @param isPublishers whether publishers make the call
 */
export function headersOf(status: number, isPublishers: boolean): AnswerHeader[] {
  if (status === 101) return [];
  const names: AnswerHeader[] = ["X-Request-Id"];
  if (RETRIED.has(status)) names.push("Retry-After");
  if (status === 401) names.push("WWW-Authenticate");
  if (isPublishers && status !== 401) names.push("RateLimit-Policy", "RateLimit");
  return names;
}
