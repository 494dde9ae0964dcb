/**
 * Why a write was refused for want of room:
 * - `entries`, `bytes`: as much waits for a commit as may;
 * - `drain`: what waits takes the store longer than a call may wait;
 * - `deadline`: it was queued, and had not had its turn when its time was over, though others had.
 */
export type OverloadReason = "entries" | "bytes" | "drain" | "deadline";

const OVERLOADS: Readonly<Record<OverloadReason, string>> = {
  entries: "The write queue is full",
  bytes: "The write queue holds as many bytes as it may",
  drain: "More waits in the write queue than the store writes in time",
  deadline: "The write queue moves too slowly",
};

/** More is asked to be written than the store takes. Nothing of it was, or ever will be, written. */
export class Overloaded extends Error {
  override readonly name = "Overloaded";
  readonly code = "overloaded";
  /** @param retryAfterMs when a retry is likely to be taken */
  constructor(readonly retryAfterMs: number, readonly reason: OverloadReason = "entries") {
    super(OVERLOADS[reason]);
  }
}

/**
 * The KV did not answer in time, or is away. Of a write the outcome is unknown: it is applied once or not at all,
 * and a retry with the same idempotency key finds out.
 */
export class Unavailable extends Error {
  override readonly name: string = "Unavailable";
  readonly code = "unavailable";
  constructor(message: string, readonly retryAfterMs: number, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The idempotency key was used before with another body. */
export class IdempotencyConflict extends Error {
  override readonly name = "IdempotencyConflict";
  readonly code = "idempotency_conflict";
  constructor() {
    super("This Idempotency-Key was used with another body");
  }
}

/** The first call with this idempotency key is still running. */
export class IdempotencyInProgress extends Error {
  override readonly name = "IdempotencyInProgress";
  readonly code = "idempotency_in_progress";
  constructor(readonly retryAfterMs: number) {
    super("The first call with this Idempotency-Key is still running");
  }
}

/** A paging cursor that this service did not make. */
export class InvalidCursor extends Error {
  override readonly name = "InvalidCursor";
  readonly code = "invalid_request";
  constructor() {
    super("The cursor is not one that this service returned");
  }
}

/** The user does not belong to a topic, or the user's token does not allow it. */
export class NotAMember extends Error {
  override readonly name = "NotAMember";
  readonly code = "forbidden";
  constructor() {
    super("The user has not joined this topic, or the token does not allow it");
  }
}

/** The user belongs to as many topics as a user may. */
export class TooManyTopics extends Error {
  override readonly name = "TooManyTopics";
  readonly code = "too_many_topics";
  constructor(max: number) {
    super(`A user may belong to ${max} topics; leave one first`);
  }
}
