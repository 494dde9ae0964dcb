import type { TokenVerifier, UserToken } from "../../auth/token_verifier.ts";
import { CloseCode, type Closing } from "../protocol/close_code.ts";
import { tokenExpired } from "../../errors.ts";
import { closingOf, REVOKED } from "../protocol/socket_errors.ts";

/** What a token comes to: a user, or why the connection is closed. */
export type Authentication =
  | { readonly token: UserToken; readonly closing?: undefined }
  | { readonly token?: undefined; readonly closing: Closing };

/** Checks a token of a socket. Never rejects. */
export async function authenticate(
  tokens: TokenVerifier,
  jwt: string | undefined,
  now: number,
): Promise<Authentication> {
  if (jwt === undefined) {
    const reason =
      "No token: neither in the Authorization header, nor the subprotocol, nor `hello`";
    return { closing: { code: CloseCode.invalidToken, reason } };
  }
  try {
    const token = await tokens.verify(jwt);
    // The tolerance for clocks is for taking tokens in, not for keeping a connection open.
    if (token.expiresAt <= now) throw tokenExpired();
    return { token };
  } catch (error) {
    return { closing: closingOf(error) };
  }
}

/** Looks once more at a token that was taken in some time ago: it may be revoked since. */
export function lookAgain(
  admission: Authentication,
  isRevoked: (token: UserToken) => boolean,
): Authentication {
  const { token } = admission;
  return token !== undefined && isRevoked(token) ? { closing: REVOKED } : admission;
}
