import { hasCode, ServiceError } from "../errors.ts";

const RETRY_AFTER_MS = 1_000;

/** The KV did not answer in time; the outcome of a commit is unknown. */
export function kvTimeout(call: string, ms: number): ServiceError {
  const message = `KV ${call} was not answered within ${ms} ms`;
  return new ServiceError("unavailable", message, { retryAfterMs: RETRY_AFTER_MS });
}

/**
 * The KV refused or broke off a call; the outcome of a commit is unknown.
 *
 * @param cause the KV's error
 */
export function kvFailed(call: string, cause: unknown): ServiceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `KV ${call} failed: ${reason}`;
  return new ServiceError("unavailable", message, { retryAfterMs: RETRY_AFTER_MS, cause });
}

/** Whether the same call may well succeed later: the store does not answer, or has too much to do. */
export function isRetryable(error: unknown): boolean {
  return hasCode(error, "unavailable", "overloaded");
}

/**
 * Whether a call can never succeed: Deno refuses it before sending and names the limit
 * ("Value too large (max 65536 bytes)"), or the server does ("status=400 …: Too many checks"). Errors
 * that only sound alike, such as "Too many open files" or "Too Many Requests", pass: an earlier sending
 * of the operation may still be applied.
 */
export function exceedsKvLimits(error: unknown): boolean {
  return error instanceof Error &&
    /too (large|many).*\(max \d|status=400.*too (large|many)/i.test(error.message);
}

/** Whether SQLite refused because another handle writes the file; Deno throws a `TypeError` then. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error && error.message.includes("database is locked");
}
