import type { Hono } from "hono";
import type { Credentials } from "../auth/credentials.ts";
import type { Config } from "../config/config.ts";
import type { AppEnv } from "../http/middleware.ts";
import { createPages } from "./pages.ts";

/** The pages of dev mode; undefined in any other. */
export async function createDevPages(
  { maxTokenLifetimeMs, issuer, audience, userClaim }: Config,
  { dev, jwtSecrets: [jwtSecret] }: Credentials,
): Promise<Hono<AppEnv> | undefined> {
  if (dev === undefined || jwtSecret === undefined) return undefined;
  return await createPages({
    jwtSecret,
    publisherKey: dev.publisherKey,
    maxTokenLifetimeMs,
    userClaim,
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  });
}
