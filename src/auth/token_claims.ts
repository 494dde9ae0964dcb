import type { JWTPayload } from "jose";
import { isUserId, USER_ID_FORM, type UserId } from "../domain/stream_name.ts";
import { invalidToken } from "../errors.ts";
import { isText } from "../schemas/text.ts";
import type { UserToken } from "./token_verifier.ts";

/** How far the clocks of a token's issuer and of the service may differ. */
export const CLOCK_TOLERANCE_SECONDS = 5;

/** {@link CLOCK_TOLERANCE_SECONDS} in milliseconds. */
export const CLOCK_TOLERANCE_MS = CLOCK_TOLERANCE_SECONDS * 1000;

const MAX_PATTERNS = 200;
const PATTERN = /^[A-Za-z0-9._:@*-]{1,160}$/;

/** Times in milliseconds. */
interface Limits {
  /** Since the epoch. */
  readonly now: number;
  /** The longest that a token may be valid for. */
  readonly maxLifetimeMs: number;
  /** The claim that holds the user's id; `sub` unless given. */
  readonly userClaim?: string | undefined;
}

/**
 * Reads the claims of a token whose signature, `exp`, `nbf`, `iss` and `aud` are right.
 *
 * @throws {ServiceError} `unauthorized`
 */
export function readClaims(payload: JWTPayload, limits: Limits): UserToken {
  const { jti } = payload;
  const user = userOf(payload, limits);
  if (jti !== undefined && !isJti(jti)) {
    throw invalidToken(`The token's \`jti\` must be a string of 1–${JTI_MAX} characters`);
  }
  return {
    user,
    ...readTimes(payload, limits),
    topics: patterns(payload["topics"], "topics"),
    publish: patterns(payload["publish"], "publish"),
    ...(jti === undefined ? {} : { jti }),
  };
}

/** A claim that the operator names may hold a number, as a database counts users; `sub` is a string. */
function userOf(payload: JWTPayload, { userClaim }: Pick<Limits, "userClaim">): UserId {
  const claim = userClaim ?? "sub";
  if (!Object.hasOwn(payload, claim)) throw invalidToken(`The token has no \`${claim}\``);
  const value = payload[claim];
  if (typeof value === "number") {
    if (userClaim !== undefined && Number.isSafeInteger(value)) return String(value);
    throw invalidToken(
      userClaim === undefined
        ? "The token's `sub` is a number, and must be a string"
        : `The token's \`${claim}\` is not a whole number below 2^53: put it in as a string`,
    );
  }
  if (isUserId(value)) return value;
  throw invalidToken(`The token's \`${claim}\` ${USER_ID_FORM}`);
}

function readTimes(
  { exp, iat }: JWTPayload,
  { now, maxLifetimeMs }: Limits,
): Pick<UserToken, "expiresAt" | "issuedAt"> {
  if (exp === undefined) throw invalidToken("The token has no `exp`");
  const expiresAt = exp * 1000;
  const issuedAt = iat === undefined ? undefined : iat * 1000;
  // Revoking a user's tokens goes by `iat`. One that is far ahead would escape each revocation.
  if (issuedAt !== undefined && issuedAt > now + CLOCK_TOLERANCE_MS) {
    throw invalidToken(
      "The token's `iat` lies in the future: it counts seconds since 1970, and the clocks of " +
        `issuer and service may differ by ${CLOCK_TOLERANCE_SECONDS} s`,
    );
  }
  const latest = now + maxLifetimeMs + CLOCK_TOLERANCE_MS;
  if (expiresAt > latest || (issuedAt !== undefined && expiresAt - issuedAt > maxLifetimeMs)) {
    throw invalidToken(
      "The token is valid for longer than is accepted; `exp` counts seconds since 1970",
    );
  }
  return { expiresAt, ...(issuedAt === undefined ? {} : { issuedAt }) };
}

function patterns(claim: unknown, name: "topics" | "publish"): readonly string[] {
  if (claim === undefined) return [];
  const valid = Array.isArray(claim) && claim.length <= MAX_PATTERNS &&
    claim.every((pattern) => typeof pattern === "string" && PATTERN.test(pattern));
  if (!valid) throw invalidToken(`The token's \`${name}\` is not a list of patterns`);
  return claim;
}

/** The most characters of a `jti`. */
export const JTI_MAX = 1000;

/**
 * Whether a `jti` is one that the service takes. Tokens and revocations are held to the same form: a
 * token that nobody can revoke is refused.
 */
export function isJti(value: unknown): value is string {
  return isText(value, JTI_MAX);
}
