import type { UserToken } from "../../auth/token_verifier.ts";
import type { Clock } from "../../clock.ts";
import type { OnError } from "../../feeds/error_reports.ts";
import { CloseCode } from "../protocol/close_code.ts";
import { Deadlines } from "./deadlines.ts";
import type { Session } from "./session.ts";

/** Closes each session when its token expires. A refresh moves the time. */
export class TokenExpiry {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;

  constructor(clock: Clock, onError: OnError) {
    this.#clock = clock;
    this.#deadlines = new Deadlines(onError);
  }

  /** Sessions whose token will expire. */
  get size(): number {
    return this.#deadlines.size;
  }

  watch(session: Session, { expiresAt }: UserToken): void {
    this.#deadlines.set(session, expiresAt);
  }

  forget(session: Session): void {
    this.#deadlines.delete(session);
  }

  /** Closes the sessions whose token has expired; to be called a few times a second. */
  tick(): void {
    this.#deadlines.tick(this.#clock.now(), (session) => {
      session.close({ code: CloseCode.tokenExpired, reason: "The token has expired" });
    });
  }
}
