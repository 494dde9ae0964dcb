import { CLOCK_TOLERANCE_MS } from "../../src/auth/token_claims.ts";
import { type TokenVerifier, type UserToken } from "../../src/auth/token_verifier.ts";
import { invalidToken, tokenExpired } from "../../src/errors.ts";

/** What a token allows: patterns of topics to join, and of streams to publish to. */
export interface PlainClaims {
  readonly topics?: readonly string[];
  readonly publish?: readonly string[];
}

/** Tokens that say in plain text whose they are and how long they last: signing is not the matter here. */
export class PlainTokens implements TokenVerifier {
  readonly #now: () => number;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A token that is good for so many milliseconds; with claims it says since when. */
  issue(user: string, ms: number, claims?: PlainClaims): string {
    const now = this.#now();
    const issued = claims === undefined ? "" : now;
    const { topics = [], publish = [] } = claims ?? {};
    return [user, now + ms, issued, topics.join(","), publish.join(",")].join(" ");
  }

  // deno-lint-ignore require-await -- what it throws has to reject
  async verify(token: string): Promise<UserToken> {
    const [user, expiry, issued, topics, publish] = token.split(" ");
    const expiresAt = Number(expiry);
    if (!user || !(expiresAt > 0)) throw invalidToken();
    if (expiresAt + CLOCK_TOLERANCE_MS <= this.#now()) throw tokenExpired();
    return {
      user,
      expiresAt,
      ...(issued ? { issuedAt: Number(issued) } : {}),
      topics: listOf(topics),
      publish: listOf(publish),
    };
  }
}

function listOf(text: string | undefined): string[] {
  return text ? text.split(",") : [];
}
