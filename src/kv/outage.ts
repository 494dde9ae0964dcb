import { Overloaded, Unavailable } from "../store/errors.ts";

const RETRY_AFTER_MS = 1_000;

/** The KV refused or broke off a call; of a commit the outcome is unknown. `cause` is what it said. */
export class KvFailed extends Unavailable {
  override readonly name = "KvFailed";
  constructor(call: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`KV ${call} failed: ${reason}`, RETRY_AFTER_MS, { cause });
  }
}

/** Whether the same thing may well succeed later: it is the store that is away, or has too much to do. */
export function isRetryable(error: unknown): boolean {
  return error instanceof Unavailable || error instanceof Overloaded;
}
