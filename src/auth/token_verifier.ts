import {
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from "jose";
import type { UserId } from "../domain/stream_name.ts";
import type { IssuerKeys } from "./issuer_keys.ts";
import {
  importSecrets,
  isSecretAlgorithm,
  noSecret,
  SECRET_ALGORITHMS,
  type SecretAlgorithm,
  secretId,
} from "./secret_algorithms.ts";
import { CLOCK_TOLERANCE_SECONDS, readClaims } from "./token_claims.ts";
import { hasCode, invalidToken, tokenExpired } from "../errors.ts";

/** What a verified user token says. */
export interface UserToken {
  readonly user: UserId;
  /** The `exp` claim in milliseconds since the epoch; may lie up to the clock tolerance in the past. */
  readonly expiresAt: number;
  /** Topics the user may join, such as `news` or `team.*`. */
  readonly topics: readonly string[];
  /** Streams the user may publish to over the socket, such as `topic:chat`. */
  readonly publish: readonly string[];
  readonly jti?: string;
  /** The `iat` claim in milliseconds since the epoch; at most the clock tolerance in the future. */
  readonly issuedAt?: number;
  /** Which of the secrets it is signed with, by its `secretId`; none where an issuer has signed it. */
  readonly signedWith?: string;
}

/** Checks user tokens. */
export interface TokenVerifier {
  /** Rejects with `unauthorized`, `token_expired` or `unavailable`. */
  verify(token: string): Promise<UserToken>;
}

/** How tokens are checked. */
export interface TokenVerifierOptions {
  /** Secrets, each accepted, the current one first: the others are on their way out. */
  readonly secrets: readonly string[];
  /** The public keys of an issuer whose tokens are accepted too. */
  readonly issuerKeys?: IssuerKeys;
  /** Insist on this `iss`. */
  readonly issuer?: string;
  /** Insist on this `aud`. */
  readonly audience?: string;
  /** The claim that holds the user's id; `sub` unless given. */
  readonly userClaim?: string | undefined;
  /** A token that is valid for longer is refused, since revocations are only kept this long. */
  readonly maxLifetimeMs: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Tokens that list groups and roles are long; a header of a request holds one of so many characters. */
const MAX_TOKEN_LENGTH = 16 * 1024;

interface Verified {
  readonly payload: JWTPayload;
  readonly signedWith?: string;
}

/** What an issuer may sign with; a secret has nothing to do with these. */
const ISSUER_ALGORITHMS = ["RS256", "ES256", "EdDSA"];
const ALGORITHMS = [...SECRET_ALGORITHMS, ...ISSUER_ALGORITHMS];

/**
 * Makes the verifier of user tokens. A token's header chooses among the algorithms that are allowed,
 * and each has keys of its own: HS256, HS384 and HS512 are checked with the secrets only, RS256, ES256
 * and EdDSA with the issuer's keys only. Nothing else is tried, `none` included.
 *
 * @example
 * ```ts
 * const tokens = await createTokenVerifier({ secrets: [secret], maxLifetimeMs: 2_592_000_000 });
 * const { user, expiresAt } = await tokens.verify(jwt);
 * ```
 */
export async function createTokenVerifier(options: TokenVerifierOptions): Promise<TokenVerifier> {
  const { secrets, issuerKeys, issuer, audience, userClaim, maxLifetimeMs, now = Date.now } =
    options;
  const secretKeys = await Promise.all(
    secrets.map(async (secret) => ({
      keys: await importSecrets(secret),
      signedWith: secretId(secret),
    })),
  );
  const claims = {
    requiredClaims: ["exp"],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    // Providers differ in whether their address ends in a slash, and so do those who copy it.
    ...(issuer === undefined ? {} : { issuer: withAndWithoutSlash(issuer) }),
    ...(audience === undefined ? {} : { audience }),
  };

  async function withEach(
    keys: AsyncIterable<CryptoKey>,
    token: string,
    checks: JWTVerifyOptions,
  ): Promise<JWTPayload> {
    for await (const key of keys) {
      try {
        return (await jwtVerify(token, key, checks)).payload;
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    }
    throw invalidToken("The token's signature is not valid");
  }

  async function withSecrets(
    algorithm: SecretAlgorithm,
    token: string,
    checks: JWTVerifyOptions,
  ): Promise<Verified> {
    let isLong = false;
    for (const { keys, signedWith } of secretKeys) {
      const key = keys.get(algorithm);
      if (key === undefined) continue;
      isLong = true;
      try {
        return { payload: (await jwtVerify(token, key, checks)).payload, signedWith };
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    }
    throw isLong ? invalidToken("The token's signature is not valid") : noSecret(algorithm);
  }

  async function withIssuers(
    keys: IssuerKeys,
    token: string,
    checks: JWTVerifyOptions,
  ): Promise<JWTPayload> {
    try {
      const find: JWTVerifyGetKey = (header, input) => keys.find(header, input);
      return (await jwtVerify(token, find, checks)).payload;
    } catch (error) {
      // The token does not say which of them.
      if (error instanceof errors.JWKSMultipleMatchingKeys) {
        return await withEach(error, token, checks);
      }
      throw error;
    }
  }

  return {
    async verify(token) {
      if (token.length > MAX_TOKEN_LENGTH) {
        throw invalidToken(
          "The token has more than 16,384 characters: have the issuer put fewer claims into it",
        );
      }
      const time = now();
      const checks = { ...claims, currentDate: new Date(time) };
      try {
        const algorithm = algorithmOf(token);
        const allowed = { ...checks, algorithms: [algorithm] };
        const { payload, signedWith }: Verified = isSecretAlgorithm(algorithm)
          ? await withSecrets(algorithm, token, allowed)
          : issuerKeys !== undefined && ISSUER_ALGORITHMS.includes(algorithm)
          ? { payload: await withIssuers(issuerKeys, token, allowed) }
          : refuseAlgorithm(algorithm);
        const claims = readClaims(payload, { now: time, maxLifetimeMs, userClaim });
        return signedWith === undefined ? claims : { ...claims, signedWith };
      } catch (error) {
        throw translate(error);
      }
    },
  };
}

function refuseAlgorithm(algorithm: string): never {
  throw invalidToken(
    ISSUER_ALGORITHMS.includes(algorithm)
      ? `The token is signed with ${algorithm}, and no issuer is configured (BELLWIRE_JWKS_URL)`
      : `The token's \`alg\` must be one of ${ALGORITHMS.join(", ")}`,
  );
}

function withAndWithoutSlash(issuer: string): string[] {
  const bare = issuer.replace(/\/$/, "");
  return [bare, `${bare}/`];
}

function algorithmOf(token: string): string {
  try {
    return String(decodeProtectedHeader(token).alg);
  } catch (cause) {
    throw invalidToken(undefined, { cause });
  }
}

function translate(error: unknown): Error {
  if (hasCode(error, "unauthorized", "unavailable")) return error;
  if (error instanceof errors.JWTExpired && error.claim === "exp") return tokenExpired();
  if (error instanceof errors.JWTClaimValidationFailed) {
    const claim = claimName(error.claim);
    if (error.reason === "missing") return invalidToken(`The token has no ${claim}`);
    if (error.reason === "invalid") {
      return invalidToken(`The token's ${claim} is not a number of seconds since 1970`);
    }
    if (error.claim === "nbf") return invalidToken("The token's `nbf` lies in the future");
    return invalidToken(`The token's ${claim} is not the one that is configured`);
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return invalidToken("The token's key is not one of the issuer's");
  }
  return invalidToken();
}

const CLAIMS = new Set(["exp", "sub", "iss", "aud", "nbf", "iat"]);

function claimName(claim: string): string {
  return CLAIMS.has(claim) ? `\`${claim}\`` : "claims";
}
