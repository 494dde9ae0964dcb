import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
} from "jose";
import type { Clock } from "../clock.ts";
import { RateLimit } from "../limits/rate_limit.ts";
import { issuerKeysUnavailable } from "../errors.ts";

export interface IssuerKeysOptions {
  /** Where the issuer publishes its JSON Web Key Set. */
  readonly url: string;
  readonly clock: Clock;
  /** Hears of each attempt to fetch the keys that failed. */
  readonly onError: (error: unknown) => void;
}

/** A key that the issuer has taken out of its set is refused after so long, when it is used next. */
const MAX_AGE_MS = 600_000;
const DEADLINE_MS = 5_000;
/**
 * How often the keys are fetched at most. A few at once, so that a key that is new is found at once,
 * and a token with an unknown one gets a final answer; then slowly, since anybody can make such tokens.
 */
const FETCHES = { limit: 5, windowMs: 60_000 };

/**
 * The public keys of an issuer of tokens. They are fetched when they are first needed, when a token
 * names a key that is not known, and when they are old. While the issuer is away those that are known
 * stay good.
 *
 * jose fetches and matches them; when to fetch is decided here, as jose does not limit attempts that
 * fail, and takes known keys out of use once they are old.
 */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  readonly #limit = new RateLimit(FETCHES);
  readonly #set: ReturnType<typeof createRemoteJWKSet>;
  #fetching: Promise<void> | undefined;
  /** When the keys in use were fetched, on the monotonic clock. */
  #fetchedAt: number | undefined;
  #isAway = false;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
    this.#set = createRemoteJWKSet(new URL(options.url), {
      timeoutDuration: DEADLINE_MS,
      cooldownDuration: Infinity,
      cacheMaxAge: Infinity,
      [customFetch]: fetchWhole,
    });
  }

  /** Fetches the keys before they are needed. Never rejects: they are fetched again when they are. */
  async warm(): Promise<void> {
    await this.#fetch().catch(() => {});
  }

  /**
   * The key with which a token says that it is signed.
   *
   * Rejects with `unavailable` where the issuer may have the key and could not be asked, and
   * with what jose throws where the set has no such key or several.
   */
  async find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    await this.#refresh();
    try {
      return await this.#set(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    await this.#fetch();
    return await this.#set(header, token);
  }

  async #refresh(): Promise<void> {
    if (this.#fetchedAt === undefined) return await this.#fetch();
    if (this.#options.clock.monotonic() - this.#fetchedAt < MAX_AGE_MS) return;
    const refreshed = this.#fetch().catch(() => {});
    // Nobody waits again and again for an issuer that does not answer.
    if (!this.#isAway) await refreshed;
  }

  #fetch(): Promise<void> {
    if (this.#fetching !== undefined) return this.#fetching;
    const { allowed, retryAfterMs } = this.#limit.take(this.#options.clock.monotonic());
    if (!allowed) return Promise.reject(issuerKeysUnavailable(retryAfterMs));
    this.#fetching = this.#reload().finally(() => this.#fetching = undefined);
    return this.#fetching;
  }

  async #reload(): Promise<void> {
    const { clock, onError } = this.#options;
    try {
      await this.#set.reload();
      this.#fetchedAt = clock.monotonic();
      this.#isAway = false;
    } catch (cause) {
      this.#isAway = true;
      const error = issuerKeysUnavailable(RETRY_AFTER_MS, { cause });
      onError(error);
      throw error;
    }
  }
}

const RETRY_AFTER_MS = 5_000;

/** jose leaves the body of an error alone, which keeps its connection open. */
async function fetchWhole(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (response.status !== 200) await response.body?.cancel();
  return response;
}
