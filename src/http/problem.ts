import {
  Forbidden,
  InvalidToken,
  KeysUnavailable,
  TokenExpired,
  TokenRevoked,
  Unauthorized,
} from "../auth/errors.ts";
import { UpgradeRequired } from "../gateway/transport/open_stream.ts";
import {
  IdempotencyConflict,
  IdempotencyInProgress,
  InvalidCursor,
  NotAMember,
  Overloaded,
  TooManyTopics,
  Unavailable,
} from "../store/errors.ts";
import { RateLimited } from "../limits/rate_limit.ts";
import { InvalidRequest, type Issue, PayloadTooLarge } from "../schemas/errors.ts";
import { MethodNotAllowed, NotFound, UnsupportedMediaType } from "./errors.ts";

/** Every `code` that a problem can have, with its HTTP status and the status' own words. */
export const PROBLEMS = {
  invalid_request: [400, "Bad Request"],
  unauthorized: [401, "Unauthorized"],
  token_expired: [401, "Unauthorized"],
  forbidden: [403, "Forbidden"],
  not_found: [404, "Not Found"],
  method_not_allowed: [405, "Method Not Allowed"],
  idempotency_in_progress: [409, "Conflict"],
  too_many_topics: [409, "Conflict"],
  payload_too_large: [413, "Content Too Large"],
  unsupported_media_type: [415, "Unsupported Media Type"],
  idempotency_conflict: [422, "Unprocessable Content"],
  upgrade_required: [426, "Upgrade Required"],
  rate_limited: [429, "Too Many Requests"],
  internal: [500, "Internal Server Error"],
  overloaded: [503, "Service Unavailable"],
  unavailable: [503, "Service Unavailable"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

/** A stable code that callers may decide by. */
export type ProblemCode = keyof typeof PROBLEMS;

/** An RFC 9457 problem before it is a response. */
export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
  /** For the operator, where there is more to say than the caller has to know. */
  readonly reason?: string;
  readonly errors?: readonly Issue[];
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What a caller is told about an error. This is the one place that decides it: errors that are not
 * named here are `internal`, and nothing of their message gets out.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof InvalidRequest) {
    const { code, message, issues } = error;
    return { code, detail: message, ...(issues.length === 0 ? {} : { errors: issues }) };
  }
  if (error instanceof InvalidCursor) {
    const { code, message } = error;
    return { code, detail: message, errors: [{ path: "cursor", message: "is not valid" }] };
  }
  if (
    error instanceof InvalidToken || error instanceof TokenExpired || error instanceof TokenRevoked
  ) {
    return challenge(error, `Bearer realm="bellwire", error="invalid_token"`);
  }
  if (error instanceof Unauthorized) return challenge(error, `Bearer realm="bellwire"`);
  if (error instanceof MethodNotAllowed) {
    const { code, message, allow } = error;
    return { code, detail: message, headers: { allow: allow.join(", ") } };
  }
  if (error instanceof UpgradeRequired) {
    const headers = { upgrade: "websocket", connection: "upgrade" };
    return { code: error.code, detail: error.message, headers };
  }
  if (error instanceof IdempotencyInProgress) {
    return { code: error.code, detail: error.message, headers: retryAfter(error) };
  }
  if (error instanceof Overloaded) {
    return {
      code: error.code,
      detail: "More is published than can be written; nothing of this call was",
      reason: error.message,
      headers: retryAfter(error),
    };
  }
  if (error instanceof RateLimited) {
    const detail = `${error.message}; nothing was done`;
    return { code: error.code, detail, headers: retryAfter(error) };
  }
  if (error instanceof Unavailable) return unavailable(error.retryAfterMs);
  if (error instanceof KeysUnavailable) {
    return { code: error.code, detail: error.message, headers: retryAfter(error) };
  }
  if (
    error instanceof Forbidden || error instanceof NotFound || error instanceof PayloadTooLarge ||
    error instanceof UnsupportedMediaType || error instanceof IdempotencyConflict ||
    error instanceof NotAMember || error instanceof TooManyTopics
  ) {
    return { code: error.code, detail: error.message };
  }
  return { code: "internal", detail: "Something went wrong here; the log tells what" };
}

function unavailable(retryAfterMs: number): Problem {
  return {
    code: "unavailable",
    detail: "The store does not answer, or the service is stopping or full. Try again later; a " +
      "publish is safe to repeat with the same Idempotency-Key",
    headers: retryAfter({ retryAfterMs }),
  };
}

function challenge(error: { code: ProblemCode; message: string }, value: string): Problem {
  return {
    code: error.code,
    detail: error.message,
    headers: { "www-authenticate": value },
  };
}

function retryAfter({ retryAfterMs }: { retryAfterMs: number }): Record<string, string> {
  return { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
}

/** The problem as it is sent. */
export function problemDocument({ code, detail, errors }: Problem) {
  const [status, title] = PROBLEMS[code];
  return { type: "about:blank", title, status, code, detail, errors } as const;
}

/** Of which problem a response is made; so who looks at answers need not read them. */
const ANSWERED = new WeakMap<Response, Problem>();

/** The problem that a response says; undefined where it was not made by {@link problemResponse}. */
export function problemOf(response: Response): Problem | undefined {
  return ANSWERED.get(response);
}

/** The response that says it. */
export function problemResponse(problem: Problem): Response {
  const document = problemDocument(problem);
  const response = new Response(JSON.stringify(document), {
    status: document.status,
    headers: { "content-type": "application/problem+json", ...problem.headers },
  });
  ANSWERED.set(response, problem);
  return response;
}
