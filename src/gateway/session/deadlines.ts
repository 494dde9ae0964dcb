import type { OnError } from "../../feeds/error_reports.ts";
import { guard } from "../../feeds/feed.ts";
import type { Session } from "./session.ts";

/**
 * Sessions with the time at which something ends for them. All of them are looked at once the next one
 * may be due, which takes microseconds for thousands; a timer each would not take times that lie months
 * ahead.
 */
export class Deadlines {
  readonly #onError: OnError;
  readonly #at = new Map<Session, number>();
  /** None is due before. */
  #earliest = Infinity;

  /** @param onError takes what `due` throws for one session; the others have their turn */
  constructor(onError: OnError) {
    this.#onError = onError;
  }

  get size(): number {
    return this.#at.size;
  }

  /** Sets or moves a deadline, in milliseconds on the clock that `tick` is given. */
  set(session: Session, at: number): void {
    this.#at.set(session, at);
    this.#earliest = Math.min(this.#earliest, at);
  }

  /** The first session of those that were set first of which something holds. */
  find(holds: (session: Session, at: number) => boolean): Session | undefined {
    for (const [session, at] of this.#at) if (holds(session, at)) return session;
    return undefined;
  }

  delete(session: Session): void {
    this.#at.delete(session);
  }

  /** Forgets the sessions whose deadline has come, and hands them over. */
  tick(now: number, due: (session: Session) => void): void {
    if (now < this.#earliest) return;
    this.#earliest = Infinity;
    const over: Session[] = [];
    for (const [session, at] of this.#at) {
      if (at <= now) over.push(session);
      else this.#earliest = Math.min(this.#earliest, at);
    }
    for (const session of over) {
      // Ending one may end or move others.
      if ((this.#at.get(session) ?? Infinity) > now) continue;
      this.#at.delete(session);
      guard(this.#onError, () => due(session));
    }
  }
}
