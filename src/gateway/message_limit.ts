import type { Clock } from "../clock.ts";
import { type Quota, RateLimit } from "../rate_limit.ts";
import { refOf } from "./client_message.ts";
import { CloseCode } from "./close_code.ts";
import { errorFrame } from "./frames.ts";
import type { Session } from "./session.ts";

/** So many refusals in a window are told; a client that goes on all the same does not listen. */
const REFUSALS_MAX = 50;

/**
 * How much one session's client may say. What is above is refused with an `error`, so that the client
 * can slow down and say it again; one that does not slow down is closed.
 */
export class MessageLimit {
  readonly #clock: Clock;
  readonly #messages: RateLimit;
  readonly #refusals: RateLimit;

  constructor(quota: Quota, clock: Clock) {
    this.#clock = clock;
    this.#messages = new RateLimit(quota);
    this.#refusals = new RateLimit({ limit: REFUSALS_MAX, windowMs: quota.windowMs });
  }

  /**
   * Whether one more message is too many; the session is told so or closed then.
   *
   * @param value the message, of which only the `ref` is looked at, and only where it is refused
   */
  refuses(session: Session, value: unknown): boolean {
    const now = this.#clock.monotonic();
    const { allowed, retryAfterMs } = this.#messages.take(now);
    if (allowed) return false;
    if (this.#refusals.take(now).allowed) {
      const message = "More messages than a session may send; this one was not carried out";
      session.answer(errorFrame({ code: "rate_limited", message, ref: refOf(value) }));
    } else {
      const reason = "More messages than a session may send";
      session.close({ code: CloseCode.rateLimited, reason, retryAfterMs: Math.ceil(retryAfterMs) });
    }
    return true;
  }
}
