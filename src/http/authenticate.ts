import type { Context } from "hono";
import { bearerOf } from "../auth/bearer.ts";
import type { PublisherKeys } from "../auth/publisher_keys.ts";
import type { TokenVerifier, UserToken } from "../auth/token_verifier.ts";
import type { UserQuotas } from "../limits/user_quotas.ts";
import { costOfSending } from "../limits/work_cost.ts";
import type { AppEnv } from "./middleware.ts";
import { hasCode, ServiceError } from "../errors.ts";

/** Tells who calls, from the `Authorization` header. */
export interface Authenticator {
  /** The publisher's name. Rejects with `unauthorized`, or `forbidden` for a user's token. */
  publisher(c: Context<AppEnv>): Promise<string>;
  /**
   * The user's token. The call counts towards what the user may ask for, its body by the length that
   * it announces. Rejects with `unauthorized`, `token_expired`, `forbidden` for a
   * publisher's key, and `rate_limited`.
   */
  user(c: Context<AppEnv>): Promise<UserToken>;
  /** How much users may ask for. */
  readonly quotas: UserQuotas;
}

/** Makes the authenticator of the HTTP calls. */
export function createAuthenticator(
  { tokens, keys, quotas }: { tokens: TokenVerifier; keys: PublisherKeys; quotas: UserQuotas },
): Authenticator {
  return {
    quotas,
    async publisher(c) {
      const known = c.get("publisher");
      if (known !== undefined) return known;
      const secret = bearer(c);
      const name = keys.identify(secret);
      if (name !== undefined) {
        c.set("publisher", name);
        return name;
      }
      const isUser = await tokens.verify(secret).then(() => true, () => false);
      if (isUser) throw new ServiceError("forbidden", "This call is for publishers, not for users");
      throw new ServiceError("unauthorized", "The API key is not known");
    },
    async user(c) {
      const token = bearer(c);
      try {
        const verified = await tokens.verify(token);
        c.set("user", verified.user);
        const bytes = Number(c.req.raw.headers.get("content-length")) || 0;
        quotas.charge(verified.user, costOfSending({ bytes }));
        return verified;
      } catch (error) {
        if (hasCode(error, "unauthorized") && keys.identify(token) !== undefined) {
          throw new ServiceError("forbidden", "This call is for users, not for publishers");
        }
        throw error;
      }
    },
  };
}

function bearer(c: Context<AppEnv>): string {
  const credentials = bearerOf(c.req.raw.headers.get("authorization"));
  if (credentials === undefined) {
    throw new ServiceError("unauthorized", "Send `Authorization: Bearer …`");
  }
  return credentials;
}
