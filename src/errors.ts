/**
 * The codes by which the service refuses a call. To add one, write it here: the compiler then names the two tables
 * that lack it, `PROBLEMS` in `http/problem.ts` and `SOCKET_ERRORS` in `gateway/protocol/socket_errors.ts`.
 */
export type ErrorCode =
  | "invalid_request"
  | "unauthorized"
  | "token_expired"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "idempotency_in_progress"
  | "too_many_topics"
  | "payload_too_large"
  | "unsupported_media_type"
  | "idempotency_conflict"
  | "upgrade_required"
  | "rate_limited"
  | "internal"
  | "overloaded"
  | "unavailable";

/** One thing that is wrong with a request. */
export interface Issue {
  /** Where, such as `to.users.3`; empty for the request as a whole. */
  readonly path: string;
  /** What it should be; never what it was. */
  readonly message: string;
}

/**
 * Why the write queue refused a write:
 * - `entries`, `bytes`: it holds as many as it may;
 * - `drain`: the store needs more time for what is queued than a call may wait;
 * - `deadline`: the write was queued, and its time was over before its turn came.
 */
export type OverloadReason = "entries" | "bytes" | "drain" | "deadline";

/** Distinguishes errors of one code where their answers differ. */
export type ErrorReason = OverloadReason | "invalid_token" | "token_revoked" | "issuer_keys";

/** The service refuses a call, or can't carry it out. The caller gets the code and, for most codes, the message. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  /** Milliseconds after which a retry is likely to succeed. */
  readonly retryAfterMs: number | undefined;
  readonly issues: readonly Issue[];
  readonly reason: ErrorReason | undefined;

  /** @param message holds nothing that the caller submitted */
  constructor(
    readonly code: ErrorCode,
    message: string,
    { retryAfterMs, issues = [], reason, ...options }: ErrorOptions & {
      readonly retryAfterMs?: number | undefined;
      readonly issues?: readonly Issue[];
      readonly reason?: ErrorReason;
    } = {},
  ) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
    this.issues = issues;
    this.reason = reason;
  }
}

/** Whether an error is a {@link ServiceError} with one of the codes. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is ServiceError {
  return error instanceof ServiceError && codes.includes(error.code);
}

/** @param message says what is wrong with the token, without any part of it */
export function invalidToken(
  message = "The token is not valid",
  options?: ErrorOptions,
): ServiceError {
  return new ServiceError("unauthorized", message, { ...options, reason: "invalid_token" });
}

export function tokenExpired(): ServiceError {
  return new ServiceError("token_expired", "The token has expired");
}

export function tokenRevoked(): ServiceError {
  return new ServiceError("unauthorized", "The token was revoked", { reason: "token_revoked" });
}

/** The issuer's keys can't be fetched, so the token may be valid. */
export function issuerKeysUnavailable(retryAfterMs: number, options?: ErrorOptions): ServiceError {
  return new ServiceError(
    "unavailable",
    "The service can't fetch the keys of the tokens' issuer (BELLWIRE_JWKS_URL). Try again later",
    { ...options, retryAfterMs, reason: "issuer_keys" },
  );
}

export function notAMember(): ServiceError {
  return new ServiceError(
    "forbidden",
    "The user has not joined this topic, or the token does not allow it",
  );
}

export function invalidCursor(): ServiceError {
  return new ServiceError("invalid_request", "The cursor is not one that this service returned", {
    issues: [{ path: "cursor", message: "is not valid" }],
  });
}

export function notFound(): ServiceError {
  return new ServiceError("not_found", "Nothing exists at this address");
}

export function idempotencyInProgress(retryAfterMs: number): ServiceError {
  const message = "The first call with this Idempotency-Key is still running";
  return new ServiceError("idempotency_in_progress", message, { retryAfterMs });
}

export function idempotencyConflict(): ServiceError {
  return new ServiceError(
    "idempotency_conflict",
    "This Idempotency-Key was used with another body",
  );
}

/** The write queue is full. Nothing of the call was written, or will be. */
export function overloaded(
  retryAfterMs: number,
  reason: OverloadReason = "entries",
): ServiceError {
  return new ServiceError("overloaded", OVERLOADS[reason], { retryAfterMs, reason });
}

const OVERLOADS: Readonly<Record<OverloadReason, string>> = {
  entries: "The write queue is full",
  bytes: "The write queue holds as many bytes as it may",
  drain: "More waits in the write queue than the store writes in time",
  deadline: "The write queue moves too slowly",
};

/** The exit code of a start that the configuration prevents: `EX_CONFIG` of sysexits.h. */
export const CONFIG_EXIT_CODE = 78;

/** The service can't start; the message tells the operator why, and what to do. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** What the process exits with. */
  readonly exitCode: number;

  constructor(
    message: string,
    { exitCode = 1, ...options }: ErrorOptions & { exitCode?: number } = {},
  ) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
