import { bearerOf } from "../auth/bearer.ts";
import { Forbidden, InvalidToken, Unauthorized } from "../auth/errors.ts";
import type { PublisherKeys } from "../auth/publisher_keys.ts";
import type { TokenVerifier, UserToken } from "../auth/token_verifier.ts";

/** Tells who calls, from the `Authorization` header. */
export interface Authenticator {
  /** The publisher's name. Rejects with `Unauthorized`, or `Forbidden` for a user's token. */
  publisher(headers: Headers): Promise<string>;
  /**
   * The user's token. Rejects with `Unauthorized`, `InvalidToken`, `TokenExpired`, or `Forbidden`
   * for a publisher's key.
   */
  user(headers: Headers): Promise<UserToken>;
}

/** Makes the authenticator of the HTTP calls. */
export function createAuthenticator(
  { tokens, keys }: { tokens: TokenVerifier; keys: PublisherKeys },
): Authenticator {
  return {
    async publisher(headers) {
      const secret = bearer(headers);
      const name = keys.identify(secret);
      if (name !== undefined) return name;
      const isUser = await tokens.verify(secret).then(() => true, () => false);
      if (isUser) throw new Forbidden("This call is for publishers, not for users");
      throw new Unauthorized("The API key is not known");
    },
    async user(headers) {
      const token = bearer(headers);
      try {
        return await tokens.verify(token);
      } catch (error) {
        if (error instanceof InvalidToken && keys.identify(token) !== undefined) {
          throw new Forbidden("This call is for users, not for publishers");
        }
        throw error;
      }
    },
  };
}

function bearer(headers: Headers): string {
  const credentials = bearerOf(headers.get("authorization"));
  if (credentials === undefined) throw new Unauthorized("Send `Authorization: Bearer …`");
  return credentials;
}
