import type { UserId } from "../../domain/stream_name.ts";

/**
 * How many connections there may be, all in all and of one user. Where several isolates are one
 * service they count together.
 */
export interface ConnectionLimiter {
  /** Takes a seat for a connection; false where none is left. */
  acquireSlot(): boolean;
  releaseSlot(): void;
  /** Takes one of a user's places; false where none is left. Never rejects. */
  acquireUserSlot(user: UserId): Promise<boolean>;
  releaseUserSlot(user: UserId): void;
}

/** The places of one isolate that is a service by itself. */
export class LocalConnectionLimiter implements ConnectionLimiter {
  readonly #max: number;
  readonly #maxPerUser: number;
  readonly #taken = new Map<UserId, number>();
  #seats = 0;

  constructor({ max, maxPerUser }: { max: number; maxPerUser: number }) {
    this.#max = max;
    this.#maxPerUser = maxPerUser;
  }

  acquireSlot(): boolean {
    if (this.#seats >= this.#max) return false;
    this.#seats++;
    return true;
  }

  releaseSlot(): void {
    this.#seats--;
  }

  acquireUserSlot(user: UserId): Promise<boolean> {
    const taken = this.#taken.get(user) ?? 0;
    if (taken >= this.#maxPerUser) return Promise.resolve(false);
    this.#taken.set(user, taken + 1);
    return Promise.resolve(true);
  }

  releaseUserSlot(user: UserId): void {
    const taken = this.#taken.get(user) ?? 0;
    if (taken > 1) this.#taken.set(user, taken - 1);
    else this.#taken.delete(user);
  }
}
