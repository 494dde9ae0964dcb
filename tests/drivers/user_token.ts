import { type JWTPayload, SignJWT } from "jose";

/** What a token shall be like; all of it has defaults. */
export interface TokenWishes {
  readonly secret?: string;
  /** Seconds until it expires, which may lie in the past; undefined leaves `exp` out. */
  readonly ttl?: number | undefined;
  readonly algorithm?: string;
  /** Claims to add, or to replace; undefined leaves one out. */
  readonly claims?: JWTPayload;
}

/** Signs a user's token, as an application that uses the service would. */
export async function signUserToken(
  user: string,
  wishes: TokenWishes & { secret: string },
): Promise<string> {
  const { secret, algorithm = "HS256", claims = {} } = wishes;
  const ttl = "ttl" in wishes ? wishes.ttl : 3600;
  const now = Math.floor(Date.now() / 1000);
  return await new SignJWT({
    sub: user,
    iat: now,
    ...(ttl === undefined ? {} : { exp: now + ttl }),
    ...claims,
  }).setProtectedHeader({ alg: algorithm }).sign(new TextEncoder().encode(secret));
}
