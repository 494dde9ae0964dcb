import type { UserId } from "../../domain/stream_name.ts";

/**
 * How many connections there may be, all in all and of one user. Where several isolates are one
 * service they count together.
 */
export interface Places {
  /** Takes a seat for a connection; false where none is left. */
  takeSeat(): boolean;
  giveSeatBack(): void;
  /** Takes one of a user's places; false where none is left. Never rejects. */
  takePlace(user: UserId): Promise<boolean>;
  givePlaceBack(user: UserId): void;
}

/** The places of one isolate that is a service by itself. */
export class OwnPlaces implements Places {
  readonly #max: number;
  readonly #maxPerUser: number;
  readonly #taken = new Map<UserId, number>();
  #seats = 0;

  constructor({ max, maxPerUser }: { max: number; maxPerUser: number }) {
    this.#max = max;
    this.#maxPerUser = maxPerUser;
  }

  takeSeat(): boolean {
    if (this.#seats >= this.#max) return false;
    this.#seats++;
    return true;
  }

  giveSeatBack(): void {
    this.#seats--;
  }

  takePlace(user: UserId): Promise<boolean> {
    const taken = this.#taken.get(user) ?? 0;
    if (taken >= this.#maxPerUser) return Promise.resolve(false);
    this.#taken.set(user, taken + 1);
    return Promise.resolve(true);
  }

  givePlaceBack(user: UserId): void {
    const taken = this.#taken.get(user) ?? 0;
    if (taken > 1) this.#taken.set(user, taken - 1);
    else this.#taken.delete(user);
  }
}
