import { CloseCode, type Closing } from "../protocol/close_code.ts";
import type { UserId } from "../../domain/stream_name.ts";
import type { ConnectionLimiter } from "./connection_limiter.ts";
import type { Session } from "./session.ts";

/** Bytes that the sessions of one user may send ahead of what is carried out. */
const WAITING_OF_USER = 1024 * 1024;
const TOO_MUCH_WAITING: Closing = {
  code: CloseCode.rateLimited,
  reason: "The connections of this user send more than is carried out",
  retryAfterMs: 1_000,
};

/**
 * Every session of this instance, from the moment it is accepted to the moment it is decided to end
 * it: the connection itself may linger for as long as its peer likes.
 */
export class SessionRegistry {
  /** With the user of each, as soon as the user is known. */
  readonly #sessions = new Map<Session, UserId | undefined>();
  /** Those that found no seat, and are about to be told so. */
  readonly #withoutSlot = new Set<Session>();
  readonly #perUser = new Map<UserId, Set<Session>>();
  readonly #limiter: ConnectionLimiter;

  constructor(limiter: ConnectionLimiter) {
    this.#limiter = limiter;
  }

  /** Sessions, whether they have said hello or not. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Those of them whose client can say nothing. */
  get eventStreams(): number {
    let count = 0;
    for (const { isOneWay } of this.#sessions.keys()) if (isOneWay) count++;
    return count;
  }

  /** Users with at least one session. */
  get users(): number {
    return this.#perUser.size;
  }

  /** A copy, so that sessions may end while it is gone through. */
  sessions(): Session[] {
    return [...this.#sessions.keys()];
  }

  of(user: UserId): ReadonlySet<Session> {
    return this.#perUser.get(user) ?? new Set();
  }

  /** Takes a session in; false where there is no seat left, so that it has to go. */
  add(session: Session): boolean {
    this.#sessions.set(session, undefined);
    if (this.#limiter.acquireSlot()) return true;
    this.#withoutSlot.add(session);
    return false;
  }

  /** Says whose session it is; false where this user has too many, or it has ended meanwhile. */
  async claim(session: Session, user: UserId): Promise<boolean> {
    if (!await this.#limiter.acquireUserSlot(user)) return false;
    if (!this.#sessions.has(session)) {
      this.#limiter.releaseUserSlot(user);
      return false;
    }
    let own = this.#perUser.get(user);
    if (own === undefined) this.#perUser.set(user, own = new Set());
    own.add(session);
    this.#sessions.set(session, user);
    return true;
  }

  /** Gives a session the seat that it did not find before; false where there is none now either. */
  retrySlot(session: Session): boolean {
    if (!this.#withoutSlot.has(session) || !this.#limiter.acquireSlot()) return false;
    this.#withoutSlot.delete(session);
    return true;
  }

  /**
   * Does nothing where it is gone already. The user's place stays taken while the connection holds what
   * its peer does not read.
   */
  remove(session: Session): void {
    const user = this.#sessions.get(session);
    if (!this.#sessions.delete(session)) return;
    if (!this.#withoutSlot.delete(session)) this.#limiter.releaseSlot();
    if (user === undefined) return;
    const own = this.#perUser.get(user);
    const limiter = this.#limiter;
    if (own?.delete(session)) session.whenFree(() => limiter.releaseUserSlot(user));
    if (own?.size === 0) this.#perUser.delete(user);
  }

  /** Where too much waits of all sessions of a user, closes the session of which the most waits. */
  limitWaiting(user: UserId): void {
    let total = 0;
    let most: Session | undefined;
    for (const session of this.of(user)) {
      const bytes = session.inbound?.waitingBytes ?? 0;
      total += bytes;
      if (bytes > (most?.inbound?.waitingBytes ?? 0)) most = session;
    }
    if (total > WAITING_OF_USER) most?.close(TOO_MUCH_WAITING);
  }
}
