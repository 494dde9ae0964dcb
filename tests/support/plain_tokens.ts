import { InvalidToken, TokenExpired } from "../../src/auth/errors.ts";
import type { TokenVerifier, UserToken } from "../../src/auth/token_verifier.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../src/auth/token_verifier.ts";

/** Tokens that say in plain text whose they are and how long they last: signing is not the matter here. */
export class PlainTokens implements TokenVerifier {
  readonly #now: () => number;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A token that is good for so many milliseconds. */
  issue(user: string, ms: number): string {
    return `${user} ${this.#now() + ms}`;
  }

  // deno-lint-ignore require-await -- what it throws has to reject
  async verify(token: string): Promise<UserToken> {
    const [user, expiry] = token.split(" ");
    const expiresAt = Number(expiry);
    if (!user || !(expiresAt > 0)) throw new InvalidToken();
    if (expiresAt + CLOCK_TOLERANCE_SECONDS * 1_000 <= this.#now()) throw new TokenExpired();
    return { user, expiresAt, topics: [], publish: [] };
  }
}
