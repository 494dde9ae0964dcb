import { Hono } from "hono";
import { decodeJwt } from "jose";
import { signToken } from "../auth/token_signer.ts";
import { isUserId, USER_ID_FORM } from "../domain/stream_name.ts";
import { otherMethods } from "../http/methods.ts";
import type { AppEnv } from "../http/middleware.ts";
import { localOnly } from "./local_only.ts";
import { ServiceError } from "../errors.ts";

/** The source of dev credentials. */
export interface DevCredentialsOptions {
  /** Signs the tokens. */
  readonly jwtSecret: string;
  /** Returned unchanged. */
  readonly publisherKey: string;
  /** Tokens are valid for an hour, or for this many milliseconds if that is less. */
  readonly maxTokenLifetimeMs: number;
  /** The `iss` and `aud` that tokens must have. */
  readonly issuer?: string;
  readonly audience?: string;
  /** The claim that holds the user's id, if it is not `sub`. */
  readonly userClaim?: string | undefined;
}

/** The credentials of the playground. */
export interface DevCredentials {
  readonly user: string;
  /** A JWT of the user. */
  readonly token: string;
  /** When the token expires; RFC 3339. */
  readonly expiresAt: string;
  /** A key that may publish to every user and topic. */
  readonly publisherKey: string;
}

const LIFETIME_MS = 3_600_000;

/** `/dev/credentials?user=`, for dev mode only: its callers may read and publish everything. */
export function devCredentials(options: DevCredentialsOptions): Hono<AppEnv> {
  const { jwtSecret, publisherKey, maxTokenLifetimeMs, issuer, audience, userClaim } = options;
  const lifetimeMs = Math.min(LIFETIME_MS, maxTokenLifetimeMs);
  return new Hono<AppEnv>()
    .get("/dev/credentials", localOnly(), async (c) => {
      const user = c.req.query("user") ?? "";
      if (!isUserId(user)) {
        const issues = [{ path: "user", message: USER_ID_FORM }];
        throw new ServiceError(
          "invalid_request",
          "The user id is not valid, so there are no credentials for it",
          { issues },
        );
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
