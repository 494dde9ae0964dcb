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
    session.say(PING);
  }
}
