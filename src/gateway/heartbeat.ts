import type { Clock } from "../clock.ts";
import { CloseCode } from "./close_code.ts";
import { PING } from "./frames.ts";
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
  /** When each is pinged next; in that order. */
  readonly #quiet = new Map<Session, number>();
  /** Until when each has to answer its ping; in that order. */
  readonly #asked = new Map<Session, number>();

  /** @param options milliseconds between an answer and the next ping, and for an answer */
  constructor(clock: Clock, { every, within }: { every: number; within: number }) {
    this.#clock = clock;
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

  /**
   * Does what is due; to be called a few times a second.
   *
   * @param isParked a device that reads too slowly can't see a ping; it has its own deadline
   */
  tick(isParked: (session: Session) => boolean): void {
    const now = this.#clock.monotonic();
    for (const [session, by] of this.#asked) {
      if (by > now) break;
      if (isParked(session)) this.watch(session);
      else session.close({ code: CloseCode.noPong, reason: "No pong in time" });
    }
    for (const [session, at] of this.#quiet) {
      if (at > now) break;
      this.#quiet.delete(session);
      if (isParked(session)) {
        this.watch(session);
      } else if (session.isOneWay) {
        // Nobody can answer: it only shows that the server is there.
        this.watch(session);
        session.say(PING);
      } else {
        this.#asked.set(session, now + this.#within);
        session.say(PING);
      }
    }
  }
}
