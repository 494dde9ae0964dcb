import { type ErrorCode, ServiceError } from "../../errors.ts";
import { CloseCode, type Closing } from "./close_code.ts";

/** What a device is told of an error, where it ends the connection and where it answers a request. */
interface SocketError {
  /** Ends the connection of a device that is not admitted with this error. */
  readonly closeCode: CloseCode;
  /**
   * Answers a request: `own` with the error's message, `later` with the advice to try again. `internal` errors are
   * faults of the service: they are logged, and close the connection.
   */
  readonly answer: "own" | "later" | "internal";
}

const INTERNAL: SocketError = { closeCode: CloseCode.internal, answer: "internal" };
const REFUSED: SocketError = { closeCode: CloseCode.internal, answer: "own" };
const LATER: SocketError = { closeCode: CloseCode.internal, answer: "later" };

export const SOCKET_ERRORS = {
  invalid_request: REFUSED,
  unauthorized: { closeCode: CloseCode.invalidToken, answer: "internal" },
  token_expired: { closeCode: CloseCode.tokenExpired, answer: "internal" },
  forbidden: REFUSED,
  not_found: INTERNAL,
  method_not_allowed: INTERNAL,
  idempotency_in_progress: REFUSED,
  too_many_topics: REFUSED,
  payload_too_large: REFUSED,
  unsupported_media_type: INTERNAL,
  idempotency_conflict: REFUSED,
  upgrade_required: INTERNAL,
  rate_limited: { closeCode: CloseCode.rateLimited, answer: "own" },
  internal: INTERNAL,
  overloaded: LATER,
  unavailable: LATER,
} as const satisfies Record<ErrorCode, SocketError>;

/** The `error` message that answers a request; undefined for faults of the service. */
export function requestErrorOf(error: unknown): { code: ErrorCode; message: string } | undefined {
  if (!(error instanceof ServiceError)) return undefined;
  const { code, message, issues } = error;
  switch (SOCKET_ERRORS[code].answer) {
    case "internal":
      return undefined;
    case "later":
      return {
        code,
        message: "The service is busy or its store is away. Send the message again later",
      };
    case "own": {
      const told = issues.map(({ path, message }) => path === "" ? message : `${path} ${message}`);
      return { code, message: [message, ...told].join(": ") };
    }
  }
}

/** How the connection of a device ends that is not admitted. */
export function closingOf(error: unknown): Closing {
  if (!(error instanceof ServiceError)) return { code: CloseCode.internal, reason: UNCHECKED };
  if (error.reason === "token_revoked") return REVOKED;
  const code = SOCKET_ERRORS[error.code].closeCode;
  const reason = code === CloseCode.internal ? UNCHECKED : error.message.slice(0, 120);
  return error.retryAfterMs === undefined
    ? { code, reason }
    : { code, reason, retryAfterMs: Math.ceil(error.retryAfterMs) };
}

const UNCHECKED = "The service could not check the token";

/** Ends the sessions of a token that was revoked. */
export const REVOKED: Closing = { code: CloseCode.revoked, reason: "The token was revoked" };
