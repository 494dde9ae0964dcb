import type { Clock } from "./clock.ts";
import { BellwireError } from "./errors.ts";
import { exclusively } from "./exclusively.ts";
import type { Peers } from "./tabs.ts";

/** What a token says of itself. Nothing of it is trusted: the service looks for itself. */
export interface Claims {
  readonly sub?: string;
  /** Seconds since 1970. */
  readonly exp?: number;
  readonly topics?: unknown;
}

/** The code of an error that no other attempt will mend. */
export const SIGNED_OUT = "signed_out";

/** So long a token has to be good for, to be used once more. */
const SPARE_MS = 10_000;
/** A backend that does not answer for so long is asked again. */
const PATIENCE_MS = 30_000;

export interface TokensOptions {
  readonly getToken: () => string | Promise<string>;
  /** Without a slash at its end. */
  readonly server: string;
  /** The tabs among which one call at a time is made. */
  readonly peers: Peers;
  readonly clock: Clock;
}

/** Gets the user's tokens from the app, and keeps the last. */
export class Tokens {
  readonly #options: TokensOptions;
  #token: string | undefined;
  #claims: Claims = {};
  #pending: Promise<string> | undefined;
  #uses = 0;

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  /** Whether the last token was handed out once only. */
  get isFresh(): boolean {
    return this.#uses <= 1;
  }

  /** When the last token expires by its own account; milliseconds since 1970, 0 where it tells nothing. */
  get expiresAt(): number {
    return (this.#claims.exp ?? 0) * 1000;
  }

  /** What the last token lets the user follow; only good for comparing. */
  get scope(): string | undefined {
    return JSON.stringify(this.#claims.topics);
  }

  /**
   * A token that is good for a while, by its own account. Rejects with a {@link BellwireError}:
   * `signed_out` where nobody is signed in, `unreachable` where the app has thrown something else.
   */
  async get(): Promise<string> {
    if (!this.#token || this.expiresAt - this.#options.clock.now() < SPARE_MS) {
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
    try {
      const { server, peers } = this.#options;
      const token = await exclusively(
        `bellwire-token ${server}`,
        peers,
        () => this.#ask(),
      );
      const claims = claimsOf(token);
      // A page that says that the backend is out of order, say: the next answer may be better.
      if (!claims.sub) throw new Error("getToken gave no token");
      this.#claims = claims;
      this.#uses = 0;
      return this.#token = token;
    } catch (cause) {
      const { name, message = `${cause}` } = Object(cause);
      // Whichever copy of this module the error is from.
      const code = name === "Unauthorized" ? SIGNED_OUT : "unreachable";
      throw new BellwireError(code, message, { cause });
    }
  }

  #ask(): Promise<string> {
    return new Promise((resolve, reject) => {
      const late = this.#options.clock.after(
        PATIENCE_MS,
        () => reject(new Error("getToken does not answer")),
      );
      Promise.resolve().then(this.#options.getToken).then(resolve, reject).finally(() =>
        late.cancel()
      );
    });
  }
}

/** The claims of a JWT; none where it is not one. */
export function claimsOf(token: string): Claims {
  try {
    // What is not ASCII comes out wrong, and is in none of these.
    const base64 = (token.split(".")[1] as string).replace(/-/g, "+").replace(/_/g, "/");
    return Object(JSON.parse(atob(base64)));
  } catch {
    return {};
  }
}
