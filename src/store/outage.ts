import { KvTimeout } from "./deadline_kv.ts";
import { Overloaded, Unavailable } from "./errors.ts";

/** The KV refused or broke off a call; of a commit the outcome is unknown. `cause` is what it said. */
export class KvFailed extends Error {
  override readonly name = "KvFailed";
  readonly code = "unavailable";
  constructor(call: string, cause: unknown) {
    super(`KV ${call} failed: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Whether the same thing may well succeed later: it is the store that is away, or has too much to do. */
export function isOutage(error: unknown): boolean {
  return error instanceof KvTimeout || error instanceof KvFailed ||
    error instanceof Unavailable || error instanceof Overloaded;
}
