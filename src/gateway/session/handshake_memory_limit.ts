import { CloseCode, type Closing } from "../protocol/close_code.ts";
import type { Session } from "./session.ts";

/** All connections of an instance together may hold so many bytes before their tokens are checked. */
const HELD_MAX = 16 * 1024 * 1024;
/** What a token that is being checked costs besides its characters. */
const CHECK_BYTES = 1024;

const CROWDED: Closing = {
  code: CloseCode.atCapacity,
  reason: "Too many connections wait for their tokens to be checked",
  retryAfterMs: 5_000,
};

/**
 * Counts what connections make the instance hold before it knows whose they are. Anybody can make such
 * connections, and an issuer of tokens that answers slowly keeps them waiting, so a bound for each
 * connection is not enough.
 *
 * Above the bound the session that holds the most is closed. A client that only says hello holds little,
 * so that it is not the one that pays for others.
 */
export class HandshakeMemoryLimit {
  readonly #max: number;
  readonly #held = new Map<Session, number>();
  #total = 0;

  constructor(max = HELD_MAX) {
    this.#max = max;
  }

  /** Bytes that are held now. */
  get bytes(): number {
    return this.#total;
  }

  /** A session holds so many bytes more. It may be closed for that. */
  hold(session: Session, bytes: number): void {
    if (session.isClosed) return;
    this.#held.set(session, (this.#held.get(session) ?? 0) + bytes);
    this.#total += bytes;
    while (this.#total > this.#max) {
      const largest = this.#largest();
      // All that is held belongs to checks that are under way: they end by themselves.
      if (largest === undefined) return session.close(CROWDED);
      largest.close(CROWDED);
      this.leave(largest);
    }
  }

  /** The session has ended, or its token was found good. */
  leave(session: Session): void {
    this.#total -= this.#held.get(session) ?? 0;
    this.#held.delete(session);
  }

  /**
   * Waits for the check of a session's token. The check goes on after the session has ended, and so its
   * token counts until the check is over.
   */
  async waitFor<T>(
    session: Session,
    token: string | undefined,
    check: () => Promise<T>,
  ): Promise<T> {
    const bytes = (token?.length ?? 0) + CHECK_BYTES;
    this.#total += bytes;
    try {
      this.hold(session, 0);
      return await check();
    } finally {
      this.#total -= bytes;
    }
  }

  #largest(): Session | undefined {
    let largest: Session | undefined;
    let most = 0;
    for (const [session, bytes] of this.#held) {
      if (bytes > most) [largest, most] = [session, bytes];
    }
    return largest;
  }
}
