import type { Clock } from "../../clock.ts";
import { type Quota, RateLimit } from "../../limits/rate_limit.ts";
import type { UserQuotas } from "../../limits/user_quotas.ts";
import { refOf } from "../protocol/validate_message.ts";
import { closingOf } from "../protocol/socket_errors.ts";
import { encodeError } from "../protocol/encode_message.ts";
import type { Session } from "./session.ts";
import { hasCode, ServiceError } from "../../errors.ts";

/** So many refusals in a window are told; a client that goes on all the same does not listen. */
const REFUSALS: Quota = { limit: 50, windowMs: 60_000 };

/**
 * How much one session's client may say: so many messages of its own, and a share of what its user may
 * ask for over all connections. What is above is refused with an `error`, so that the client can slow
 * down and say it again; one that does not slow down is closed.
 */
export class MessageLimit {
  readonly #clock: Clock;
  readonly #messages: RateLimit | undefined;
  readonly #refusals: RateLimit;
  readonly #quotas: UserQuotas | undefined;
  readonly #onRefused: ((session: Session, reason: string) => void) | undefined;

  /**
   * @param quota messages of the session; as many as it likes where there is none
   * @param onRefused told of each message that is refused
   */
  constructor(
    quota: Quota | undefined,
    clock: Clock,
    quotas?: UserQuotas,
    onRefused?: (session: Session, reason: string) => void,
  ) {
    this.#clock = clock;
    this.#messages = quota && new RateLimit(quota);
    this.#refusals = new RateLimit({ ...REFUSALS, windowMs: quota?.windowMs ?? REFUSALS.windowMs });
    this.#quotas = quotas;
    this.#onRefused = onRefused;
  }

  /**
   * Whether one more message is too many; the session is told so or closed then.
   *
   * @param value the message, of which only the `ref` is looked at, and only where it is refused
   * @param cost how much it counts for with its user; 0 is never refused for what the user owes
   */
  refuses(session: Session, value: unknown, cost = 1): boolean {
    const now = this.#clock.monotonic();
    try {
      this.#charge(session, now, cost);
      return false;
    } catch (error) {
      if (!hasCode(error, "rate_limited")) throw error;
      if (this.#refusals.take(now).allowed) {
        this.#onRefused?.(session, error.message);
        const message = `${error.message}; this message was not carried out`;
        session.sendReply(encodeError({ code: error.code, message, ref: refOf(value) }));
      } else {
        session.close(closingOf(error));
      }
      return true;
    }
  }

  #charge({ user }: Session, now: number, cost: number): void {
    const messages = this.#messages?.take(now);
    if (messages?.allowed === false) {
      throw new ServiceError("rate_limited", "More messages than a session may send", {
        retryAfterMs: messages.retryAfterMs,
      });
    }
    if (user !== undefined && cost > 0) this.#quotas?.charge(user, cost);
  }
}
