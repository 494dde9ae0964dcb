import type { Clock } from "../../clock.ts";
import { CloseCode } from "../protocol/close_code.ts";
import type { OnError } from "../../feeds/error_reports.ts";
import { guard } from "../../feeds/feed.ts";
import { PING } from "../protocol/encode_message.ts";
import type { Session } from "./session.ts";

/**
 * Asks every session now and then whether it is still there, and closes those that don't answer: a
 * peer that vanished without a word is otherwise never noticed.
 *
 * All sessions wait equally long, so two queues in the order of their times replace a timer for each.
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #every: number;
  readonly #within: number;
  readonly #onError: OnError;
  /** When each is pinged next; in that order. */
  readonly #quiet = new Map<Session, number>();
  /** Until when each has to answer its ping; in that order. */
  readonly #asked = new Map<Session, number>();

  /**
   * @param options milliseconds between an answer and the next ping, and for an answer; `onError`
   * takes what one session throws
   */
  constructor(
    clock: Clock,
    { every, within, onError }: { every: number; within: number; onError: OnError },
  ) {
    this.#clock = clock;
    this.#onError = onError;
    this.#every = every;
    this.#within = within;
  }

  /** Sessions that are pinged. */
  get size(): number {
    return this.#quiet.size + this.#asked.size;
  }

  /** Begins with a session, or begins anew. */
  watch(session: Session): void {
    this.forget(session);
    this.#quiet.set(session, this.#clock.monotonic() + this.#every);
  }

  /** It has answered. */
  pong(session: Session): void {
    if (this.#asked.has(session)) this.watch(session);
  }

  forget(session: Session): void {
    this.#quiet.delete(session);
    this.#asked.delete(session);
  }

  /** Asks every session now that is not asked already. */
  hasten(): void {
    const now = this.#clock.monotonic();
    for (const session of this.#quiet.keys()) this.#quiet.set(session, now);
  }

  /**
   * Does what is due; to be called a few times a second.
   *
   * @param isPaused a device that reads too slowly can't see a ping; it has its own deadline
   */
  tick(isPaused: (session: Session) => boolean): void {
    const now = this.#clock.monotonic();
    for (const [session, by] of this.#asked) {
      if (by > now) break;
      this.#asked.delete(session);
      guard(this.#onError, () => {
        if (isPaused(session)) this.watch(session);
        else session.close({ code: CloseCode.noPong, reason: "No pong in time" });
      });
    }
    for (const [session, at] of this.#quiet) {
      if (at > now) break;
      this.#quiet.delete(session);
      guard(this.#onError, () => this.#ping(session, isPaused(session)));
    }
  }

  #ping(session: Session, isPaused: boolean): void {
    if (isPaused) return this.watch(session);
    // Of a session that is one-way nobody can answer: it only shows that the server is there.
    if (session.isOneWay) this.watch(session);
    else this.#asked.set(session, this.#clock.monotonic() + this.#within);
    session.sendMessage(PING);
  }
}

/** Looks that are further apart tell that the process could not run: stopped, suspended, or starved. */
const STOOD_STILL_MS = 2_000;
/** What came meanwhile is taken in within so many milliseconds. */
const CATCH_UP_MS = 1_000;

/**
 * Notices that the process stood still. Timers are the first to run afterwards, so that a peer would be
 * given up whose answer has arrived and was only not read yet.
 */
export class StallDetector {
  readonly #clock: Clock;
  #lookedAt: number;
  #until = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lookedAt = clock.monotonic();
  }

  /** To be called a few times a second: whether there may still be something to take in. */
  isRecovering(): boolean {
    const now = this.#clock.monotonic();
    if (now - this.#lookedAt > STOOD_STILL_MS) this.#until = now + CATCH_UP_MS;
    this.#lookedAt = now;
    return now < this.#until;
  }
}
