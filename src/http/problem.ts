import { type ErrorCode, type Issue, ServiceError } from "../errors.ts";

/** The HTTP status and title of each error code. */
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
} as const satisfies Record<ErrorCode, readonly [status: number, title: string]>;

/** An RFC 9457 problem before it is a response. */
export interface Problem {
  readonly code: ErrorCode;
  readonly detail: string;
  /** Tells the operator what the caller need not know. */
  readonly reason?: string;
  readonly errors?: readonly Issue[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Decides what the caller is told of an error. Errors of other classes are `internal`: their messages stay secret. */
export function toProblem(error: unknown): Problem {
  if (!(error instanceof ServiceError)) return { code: "internal", detail: INTERNAL };
  const { code, message, issues, retryAfterMs } = error;
  return {
    code,
    detail: detailOf(error),
    ...(code === "overloaded" ? { reason: message } : {}),
    ...(issues.length === 0 ? {} : { errors: issues }),
    headers: {
      ...headersOf(error),
      ...(retryAfterMs === undefined ? {} : { "retry-after": retryAfter(retryAfterMs) }),
    },
  };
}

const INTERNAL = "The service failed to handle this call. Its log has the cause, by X-Request-Id";

function detailOf({ code, message, reason }: ServiceError): string {
  switch (code) {
    case "internal":
      return INTERNAL;
    case "overloaded":
      return "The write queue is full. Nothing of this call was stored; retry it after the time in " +
        "Retry-After";
    case "rate_limited":
      return `${message}; nothing was done`;
    case "unavailable":
      if (reason === "issuer_keys") return message;
      return "The store does not answer, or the service is stopping or full. Try again later; a " +
        "publish is safe to repeat with the same Idempotency-Key";
    default:
      return message;
  }
}

function headersOf({ code, reason }: ServiceError): Record<string, string> {
  if (code === "upgrade_required") return { upgrade: "websocket", connection: "upgrade" };
  if (code !== "unauthorized" && code !== "token_expired") return {};
  const isToken = code === "token_expired" || reason === "invalid_token" ||
    reason === "token_revoked";
  const challenge = `Bearer realm="bellwire"`;
  return { "www-authenticate": isToken ? `${challenge}, error="invalid_token"` : challenge };
}

/** The value of `Retry-After`: whole seconds, at least 1. */
export function retryAfter(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)));
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
