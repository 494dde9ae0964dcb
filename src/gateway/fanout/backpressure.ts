import { type Clock, repeat, type Timer } from "../../clock.ts";
import type { OnError } from "../../feeds/error_reports.ts";
import { guard } from "../../feeds/feed.ts";
import { CloseCode } from "../protocol/close_code.ts";
import { RESUME_BELOW_BYTES, type Session } from "../session/session.ts";

/** How often parked sessions are looked at: a socket does not say when it has drained. */
const LOOK_MS = 50;
/** A device that has taken nothing for so long is given up. */
export const NO_PROGRESS_MS = 60_000;

interface PausedSession {
  buffered: number;
  since: number;
  readonly go: PromiseWithResolvers<boolean>;
}

/**
 * Sessions whose device reads too slowly. Nothing is sent to them, so that no backlog forms; each goes
 * on from its cursor once it has taken what was sent.
 */
export class Backpressure {
  readonly #clock: Clock;
  readonly #onError: OnError;
  readonly #paused = new Map<Session, PausedSession>();
  #look: Timer | undefined;

  /** @param onError takes what one session throws; the others are looked at all the same */
  constructor(clock: Clock, onError: OnError) {
    this.#clock = clock;
    this.#onError = onError;
  }

  get size(): number {
    return this.#paused.size;
  }

  has(session: Session): boolean {
    return this.#paused.has(session);
  }

  /** Resolves with true once the session can take more, with false once it has ended. */
  drained(session: Session): Promise<boolean> {
    if (session.isClosed) return Promise.resolve(false);
    let paused = this.#paused.get(session);
    if (paused === undefined) {
      paused = {
        buffered: session.buffered,
        since: this.#clock.monotonic(),
        go: Promise.withResolvers(),
      };
      this.#paused.set(session, paused);
      this.#look ??= repeat(this.#clock, LOOK_MS, () => this.#lookAtAll(), this.#onError);
    }
    return paused.go.promise;
  }

  /** Forgets a session that has ended. */
  leave(session: Session): void {
    this.#release(session, false);
  }

  #lookAtAll(): void {
    for (const [session, paused] of this.#paused) {
      guard(this.#onError, () => this.#lookAt(session, paused));
    }
  }

  #lookAt(session: Session, paused: PausedSession): void {
    const now = this.#clock.monotonic();
    const { buffered } = session;
    if (buffered < RESUME_BELOW_BYTES) {
      this.#release(session, true);
    } else if (buffered < paused.buffered) {
      paused.buffered = buffered;
      paused.since = now;
    } else if (now - paused.since >= NO_PROGRESS_MS) {
      session.close({ code: CloseCode.tooSlow, reason: "Nothing was read for a minute" });
    }
  }

  #release(session: Session, canGoOn: boolean): void {
    this.#paused.get(session)?.go.resolve(canGoOn);
    this.#paused.delete(session);
    if (this.#paused.size > 0) return;
    this.#look?.cancel();
    this.#look = undefined;
  }
}
