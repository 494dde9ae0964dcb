import { createHash } from "node:crypto";
import type { UserId } from "../domain/stream_name.ts";
import { CLOCK_TOLERANCE_MS } from "./token_claims.ts";
import type { TokenVerifier, UserToken } from "./token_verifier.ts";
import { tokenRevoked } from "../errors.ts";

/** Which tokens are refused. Plain JSON. */
export type Revocation =
  & {
    /** {@link fingerprint} of the token's `jti`, or of the user's id. */
    readonly value: string;
    /** Milliseconds since the epoch; every token that is concerned has expired by then. */
    readonly until: number;
  }
  & (
    | { readonly kind: "jti" }
    | {
      readonly kind: "user";
      /**
       * Milliseconds since the epoch, by the service's clock. Tokens without `iat` are refused, and
       * tokens whose `iat` is at most this time and the clock tolerance: the issuer's clock may
       * be ahead.
       */
      readonly issuedBefore: number;
    }
  );

/** Times in milliseconds. */
interface Validity {
  /** Since the epoch. */
  readonly now: number;
  /** The longest that a token may be valid for. */
  readonly maxLifetimeMs: number;
}

/**
 * What stands for a user or a token in revocations: they outlive the user's erasure, and no row may
 * name an erased user. Half of a SHA-256, so that nobody meets another's by accident.
 */
export function fingerprint(kind: Revocation["kind"], value: string): string {
  const hash = createHash("sha256").update(`bellwire ${kind} ${value}`).digest();
  return hash.subarray(0, 16).toString("base64url");
}

/** Revokes one token. */
export function revokeToken(jti: string, { now, maxLifetimeMs }: Validity): Revocation {
  return { kind: "jti", value: fingerprint("jti", jti), until: now + keptFor(maxLifetimeMs) };
}

/**
 * Revokes what was issued to a user before a time.
 *
 * @param issuedBefore milliseconds since the epoch
 */
export function revokeUser(
  user: UserId,
  issuedBefore: number,
  { now, maxLifetimeMs }: Validity,
): Revocation {
  const until = Math.max(now, issuedBefore) + keptFor(maxLifetimeMs);
  return { kind: "user", value: fingerprint("user", user), issuedBefore, until };
}

/** Both the first and the last look at a token may be by a clock that differs. */
export function keptFor(maxLifetimeMs: number): number {
  return maxLifetimeMs + 2 * CLOCK_TOLERANCE_MS;
}

/** All revocations that are in force, in memory: looking at a token costs no read. */
export class RevokedTokens {
  readonly #jtis = new Map<string, number>();
  readonly #users = new Map<string, { issuedBefore: number; until: number }>();
  /** A session's token is looked at anew with each revocation, of which there may be many. */
  readonly #fingerprints = new WeakMap<UserToken, { user?: string; jti?: string }>();

  /** How many there are. */
  get size(): number {
    return this.#jtis.size + this.#users.size;
  }

  /** Takes one in; of two for the same user the later `issuedBefore` counts. */
  add(revocation: Revocation): void {
    const { value, until } = revocation;
    if (revocation.kind === "jti") {
      this.#jtis.set(value, Math.max(until, this.#jtis.get(value) ?? 0));
      return;
    }
    const before = this.#users.get(value);
    if (before !== undefined && before.issuedBefore >= revocation.issuedBefore) return;
    this.#users.set(value, { issuedBefore: revocation.issuedBefore, until });
  }

  /** Whether a token is refused. */
  has(token: UserToken): boolean {
    return this.#hasToken(token) || this.#hasUser(token);
  }

  /** Forgets those that concern nobody any more. @param now milliseconds since the epoch */
  forgetOld(now: number): void {
    for (const [jti, until] of this.#jtis) {
      if (until <= now) this.#jtis.delete(jti);
    }
    for (const [user, { until }] of this.#users) {
      if (until <= now) this.#users.delete(user);
    }
  }

  #hasToken(token: UserToken): boolean {
    if (this.#jtis.size === 0 || token.jti === undefined) return false;
    const known = this.#knownOf(token);
    known.jti ??= fingerprint("jti", token.jti);
    return this.#jtis.has(known.jti);
  }

  #hasUser(token: UserToken): boolean {
    if (this.#users.size === 0) return false;
    const known = this.#knownOf(token);
    known.user ??= fingerprint("user", token.user);
    const revoked = this.#users.get(known.user);
    if (revoked === undefined) return false;
    return (token.issuedAt ?? -Infinity) <= revoked.issuedBefore + CLOCK_TOLERANCE_MS;
  }

  #knownOf(token: UserToken): { user?: string; jti?: string } {
    let known = this.#fingerprints.get(token);
    if (known === undefined) this.#fingerprints.set(token, known = {});
    return known;
  }
}

/** Makes a verifier that also refuses revoked tokens, with `unauthorized`. */
export function refuseRevoked(tokens: TokenVerifier, revoked: RevokedTokens): TokenVerifier {
  return {
    async verify(jwt) {
      const token = await tokens.verify(jwt);
      if (revoked.has(token)) throw tokenRevoked();
      return token;
    },
  };
}
