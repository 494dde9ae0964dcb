import { type Clock, repeat, type Timer } from "../../clock.ts";
import type { OnError } from "../../feeds/error_reports.ts";
import { guard } from "../../feeds/feed.ts";
import { CloseCode } from "../protocol/close_code.ts";
import { type Session, UNPARK_BELOW } from "../session/session.ts";

/** How often parked sessions are looked at: a socket does not say when it has drained. */
const LOOK_MS = 50;
/** A device that has taken nothing for so long is given up. */
export const NO_PROGRESS_MS = 60_000;

interface Parked {
  buffered: number;
  since: number;
  readonly go: PromiseWithResolvers<boolean>;
}

/**
 * Sessions whose device reads too slowly. Nothing is sent to them, so that no backlog forms; each goes
 * on from its cursor once it has taken what was sent.
 */
export class Parking {
  readonly #clock: Clock;
  readonly #onError: OnError;
  readonly #parked = new Map<Session, Parked>();
  #look: Timer | undefined;

  /** @param onError takes what one session throws; the others are looked at all the same */
  constructor(clock: Clock, onError: OnError) {
    this.#clock = clock;
    this.#onError = onError;
  }

  get size(): number {
    return this.#parked.size;
  }

  has(session: Session): boolean {
    return this.#parked.has(session);
  }

  /** Resolves with true once the session can take more, with false once it has ended. */
  drained(session: Session): Promise<boolean> {
    if (session.isClosed) return Promise.resolve(false);
    let parked = this.#parked.get(session);
    if (parked === undefined) {
      parked = {
        buffered: session.buffered,
        since: this.#clock.monotonic(),
        go: Promise.withResolvers(),
      };
      this.#parked.set(session, parked);
      this.#look ??= repeat(this.#clock, LOOK_MS, () => this.#lookAtAll(), this.#onError);
    }
    return parked.go.promise;
  }

  /** Forgets a session that has ended. */
  leave(session: Session): void {
    this.#release(session, false);
  }

  #lookAtAll(): void {
    for (const [session, parked] of this.#parked) {
      guard(this.#onError, () => this.#lookAt(session, parked));
    }
  }

  #lookAt(session: Session, parked: Parked): void {
    const now = this.#clock.monotonic();
    const { buffered } = session;
    if (buffered < UNPARK_BELOW) {
      this.#release(session, true);
    } else if (buffered < parked.buffered) {
      parked.buffered = buffered;
      parked.since = now;
    } else if (now - parked.since >= NO_PROGRESS_MS) {
      session.close({ code: CloseCode.tooSlow, reason: "Nothing was read for a minute" });
    }
  }

  #release(session: Session, canGoOn: boolean): void {
    this.#parked.get(session)?.go.resolve(canGoOn);
    this.#parked.delete(session);
    if (this.#parked.size > 0) return;
    this.#look?.cancel();
    this.#look = undefined;
  }
}
