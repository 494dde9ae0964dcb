import { type Clock, inTime } from "./clock.ts";
import type { GivenToken } from "./connect_options.ts";
import { BellwireError, safely, Unauthorized } from "./errors.ts";
import type { Peers } from "./leader_election.ts";

/** What a token says of itself. Nothing of it is trusted: the service looks for itself. */
export interface Claims {
  /** Seconds since 1970. */
  readonly exp?: number;
  readonly iat?: number;
  readonly topics?: unknown;
  readonly [claim: string]: unknown;
}

/** The code of an error that no other attempt will mend. */
export const SIGNED_OUT = "signed_out";

/** So long a token has to be good for, to be used once more. */
const SPARE_MS = 10_000;
/** How long a backend may take to answer, and how long another tab may hold the lock for that. */
const TIMEOUT_MS = 30_000;

export interface TokensOptions {
  readonly getToken: () => GivenToken | Promise<GivenToken>;
  readonly userClaim?: string | undefined;
  /** Without a slash at its end. */
  readonly server: string;
  /** The tabs among which one call at a time is made. */
  readonly peers: Peers;
  readonly clock: Clock;
}

/**
 * Gets the user's tokens from the app, and keeps the last. How long one is good for is known by durations
 * and by what the service says of its own time: the device's clock may be wrong by any amount.
 */
export class Tokens {
  readonly #options: TokensOptions;
  #token: string | undefined;
  #claims: Claims = {};
  #pending: Promise<string> | undefined;
  #uses = 0;
  /** When the last token expires, on the clock that never jumps; infinite where nothing tells. */
  #goodUntil = Infinity;
  /** How far the service's clock is ahead of the one that never jumps; NaN before the service has told. */
  #ahead = NaN;
  #isFailing = false;

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  /** Whether the last token was handed out once only. */
  get isFresh(): boolean {
    return this.#uses <= 1;
  }

  /** So long the last token is good for, as far as is known. */
  get msLeft(): number {
    return this.#goodUntil - this.#options.clock.monotonic();
  }

  /** What the last token lets the user follow; only good for comparing. */
  get scope(): string | undefined {
    return JSON.stringify(this.#claims.topics);
  }

  /** The service has said when the last token expires, and what time it is there: milliseconds since 1970. */
  heard(expiresAt: number, now: number): void {
    this.#ahead = now - this.#options.clock.monotonic();
    // Services of earlier versions don't say what time it is there.
    if (now) this.#goodUntil = expiresAt - this.#ahead;
  }

  /** The user whom a token names. */
  userOf(token: string): string {
    return `${claimsOf(token)[this.#options.userClaim ?? "sub"] ?? ""}`;
  }

  /**
   * A token that is good for a while, by its own account. Rejects with a {@link BellwireError}:
   * `signed_out` where nobody is signed in, `unreachable` where the app has thrown something else.
   */
  async get(): Promise<string> {
    if (!this.#token || this.msLeft < SPARE_MS) {
      await (this.#pending ??= this.#fetch().finally(() => this.#pending = undefined));
    }
    this.#uses++;
    return this.#token as string;
  }

  /** The last token is of no use. */
  drop(): void {
    this.#token = undefined;
  }

  async #fetch(): Promise<string> {
    const { server, peers, clock, getToken } = this.#options;
    try {
      let askedAt = 0;
      const token = await exclusively(`bellwire-token ${server}`, peers, () => {
        askedAt = clock.monotonic();
        return inTime(clock, TIMEOUT_MS, askFor(getToken));
      });
      // A page that says that the backend is out of order, say: the next answer may be better.
      if (!this.userOf(token)) {
        throw new Error("It returned no JWT of a user, nor a Response with one");
      }
      const { exp = NaN, iat = NaN } = this.#claims = claimsOf(token);
      this.#goodUntil = exp * 1000 - this.#ahead || askedAt + (exp - iat) * 1000 || Infinity;
      this.#isFailing = false;
      this.#uses = 0;
      return this.#token = token;
    } catch (cause) {
      const { name, message = `${cause}` } = Object(cause);
      // Whichever copy of this module the error is from.
      const code = name === "Unauthorized" ? SIGNED_OUT : "unreachable";
      if (code !== SIGNED_OUT && !this.#isFailing) {
        // deno-lint-ignore no-console -- it is where a developer looks
        console.warn(`Bellwire: getToken failed. ${message}`);
        this.#isFailing = true;
      }
      throw new BellwireError(code, message, { cause });
    }
  }
}

/** The token in what the app gives; that may also be nothing like one. */
async function askFor(getToken: TokensOptions["getToken"]): Promise<string> {
  let given: unknown = await getToken();
  if (typeof Object(given).text === "function") {
    const answer = given as Response;
    const { status, url } = answer;
    const text = (await answer.text()).trim();
    const message = `${url} answered ${status}`;
    if (status === 401 || status === 403) throw new Unauthorized(message);
    if (!answer.ok) throw new Error(message);
    given = safely(() => JSON.parse(text)) ?? text;
  }
  return Object(given).token ?? given as string;
}

/** The claims of a JWT; none where it is not one. */
export function claimsOf(token: string): Claims {
  return Object(safely(() => {
    const base64 = (token.split(".")[1] as string).replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(base64), (it) => it.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  }));
}

/** Carries out a task while no other tab carries out one of the same name. */
export async function exclusively<T>(
  name: string,
  { locks }: Peers,
  task: () => Promise<T>,
): Promise<T> {
  let begun: Promise<T> | undefined;
  const begin = () => begun ??= task();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  // Without the lock in time the task begins all the same. Where the task failed, so does this call.
  return await locks.request(name, { signal }, begin).catch(begin) as T;
}
