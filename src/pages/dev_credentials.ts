import { Hono } from "hono";
import { decodeJwt } from "jose";
import { signToken } from "../auth/token_signer.ts";
import { isUserId, USER_ID_FORM } from "../domain/stream_name.ts";
import { otherMethods } from "../http/methods.ts";
import type { AppEnv } from "../http/middleware.ts";
import { localOnly } from "./local_only.ts";
import { ServiceError } from "../errors.ts";

/** What dev credentials are made from. */
export interface DevCredentialsOptions {
  /** Signs the tokens. */
  readonly jwtSecret: string;
  /** Handed out as it is. */
  readonly publisherKey: string;
  /** Tokens are good for an hour, or for this long if it is less. */
  readonly maxTokenLifetimeMs: number;
  /** The `iss` and `aud` that the service insists on, if it does. */
  readonly issuer?: string;
  readonly audience?: string;
  /** The claim besides `sub` that the service takes the user's id from. */
  readonly userClaim?: string | undefined;
}

/** What the playground gets to work with. */
export interface DevCredentials {
  readonly user: string;
  /** A JWT of that user. */
  readonly token: string;
  /** When the token expires; RFC 3339. */
  readonly expiresAt: string;
  /** May publish to anybody. */
  readonly publisherKey: string;
}

const LIFETIME_MS = 3_600_000;

/** `/dev/credentials?user=`, for dev mode only: whoever may call it is let into everything. */
export function devCredentials(options: DevCredentialsOptions): Hono<AppEnv> {
  const { jwtSecret, publisherKey, maxTokenLifetimeMs, issuer, audience, userClaim } = options;
  const lifetimeMs = Math.min(LIFETIME_MS, maxTokenLifetimeMs);
  return new Hono<AppEnv>()
    .get("/dev/credentials", localOnly(), async (c) => {
      const user = c.req.query("user") ?? "";
      if (!isUserId(user)) {
        const issues = [{ path: "user", message: USER_ID_FORM }];
        throw new ServiceError("invalid_request", "No credentials for such a user", { issues });
      }
      const token = await signToken({
        user,
        userClaim,
        lifetimeMs,
        topics: ["*"],
        ...(issuer === undefined ? {} : { issuer }),
        ...(audience === undefined ? {} : { audience }),
      }, { secret: jwtSecret });
      const { exp = 0 } = decodeJwt(token);
      const expiresAt = new Date(exp * 1000).toISOString();
      const credentials: DevCredentials = { user, token, expiresAt, publisherKey };
      return c.json(credentials, 200, { "cross-origin-resource-policy": "same-origin" });
    })
    .all("/dev/credentials", otherMethods("GET"));
}
