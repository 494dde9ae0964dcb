import type { UserId } from "../domain/stream_name.ts";
import type { Session } from "./session.ts";

/**
 * Every session of this instance, from the moment it is accepted to the moment it is decided to end
 * it: the connection itself may linger for as long as its peer likes.
 */
export class Registry {
  readonly #sessions = new Set<Session>();
  readonly #perUser = new Map<UserId, Set<Session>>();
  readonly #max: number;
  readonly #maxPerUser: number;

  constructor({ max, maxPerUser }: { max: number; maxPerUser: number }) {
    this.#max = max;
    this.#maxPerUser = maxPerUser;
  }

  /** Sessions, whether they have said hello or not. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Users with at least one session. */
  get users(): number {
    return this.#perUser.size;
  }

  get isFull(): boolean {
    return this.#sessions.size >= this.#max;
  }

  /** A copy, so that sessions may end while it is gone through. */
  sessions(): Session[] {
    return [...this.#sessions];
  }

  of(user: UserId): ReadonlySet<Session> {
    return this.#perUser.get(user) ?? new Set();
  }

  add(session: Session): void {
    this.#sessions.add(session);
  }

  /** Says whose session it is; false where this user has too many. */
  claim(session: Session, user: UserId): boolean {
    let own = this.#perUser.get(user);
    if (own === undefined) this.#perUser.set(user, own = new Set());
    if (own.size >= this.#maxPerUser) return false;
    own.add(session);
    return true;
  }

  /** Does nothing where it is gone already. */
  remove(session: Session): void {
    this.#sessions.delete(session);
    if (session.user === undefined) return;
    const own = this.#perUser.get(session.user);
    own?.delete(session);
    if (own?.size === 0) this.#perUser.delete(session.user);
  }
}
