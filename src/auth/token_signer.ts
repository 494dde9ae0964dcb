import { SignJWT } from "jose";
import type { UserId } from "../domain/stream_name.ts";
import { importSecret } from "./secret_algorithms.ts";

/** What a token shall say. */
export interface TokenClaims {
  readonly user: UserId;
  /** The claim besides `sub` that the service takes the user's id from. */
  readonly userClaim?: string | undefined;
  readonly lifetimeMs: number;
  readonly topics?: readonly string[];
  readonly publish?: readonly string[];
  readonly issuer?: string;
  readonly audience?: string;
}

/**
 * Signs a user token with HS256; it has an `iat` and a `jti`, so that it can be revoked.
 *
 * @param claims what it says
 * @param options `secret`: the signing secret; `now`: milliseconds since the epoch
 */
export async function signToken(
  claims: TokenClaims,
  { secret, now = Date.now }: { secret: string; now?: () => number },
): Promise<string> {
  const issuedAt = Math.floor(now() / 1000);
  const token = new SignJWT({
    ...(claims.userClaim === undefined ? {} : { [claims.userClaim]: claims.user }),
    ...(claims.topics === undefined ? {} : { topics: claims.topics }),
    ...(claims.publish === undefined ? {} : { publish: claims.publish }),
  })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(claims.user)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + Math.floor(claims.lifetimeMs / 1000))
    .setJti(crypto.randomUUID());
  if (claims.issuer !== undefined) token.setIssuer(claims.issuer);
  if (claims.audience !== undefined) token.setAudience(claims.audience);
  return await token.sign(await importSecret(secret, "sign"));
}
