import { IssuerKeys } from "./issuer_keys.ts";
import { createOriginCheck, type OriginCheck } from "./origins.ts";
import { createPublisherKeys, type PublisherKeys } from "./publisher_keys.ts";
import { createTokenVerifier, type TokenVerifier, type UserToken } from "./token_verifier.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config/config.ts";
import { derived, type LiveSettings } from "../config/settings.ts";
import { secretId } from "./secret_algorithms.ts";

/** Checks tokens, keys and origins by the settings that are in force. */
export interface Access {
  readonly tokens: TokenVerifier;
  readonly keys: PublisherKeys;
  readonly originAllowed: OriginCheck;
  /** Whether the secret that a token was signed with is still accepted. */
  readonly isCurrent: (token: UserToken) => boolean;
}

/** Resolves when the secrets are imported. */
export async function createAccess(
  live: LiveSettings,
  { config, clock, onIssuerError }: {
    config: Config;
    clock: Clock;
    onIssuerError: (error: unknown) => void;
  },
): Promise<Access> {
  const { issuer, audience, userClaim, maxTokenLifetimeMs } = config;
  const { jwksUrl } = live.current.credentials;
  const issuerKeys = jwksUrl === undefined ? undefined : new IssuerKeys({
    url: jwksUrl,
    clock,
    onError: onIssuerError,
  });
  // The start does not wait for the issuer, but the log says early if the issuer does not answer.
  void issuerKeys?.warm();
  const secrets = () => live.current.credentials.jwtSecrets;
  const verifier = derived(secrets, (secrets) =>
    createTokenVerifier({
      secrets,
      maxLifetimeMs: maxTokenLifetimeMs,
      now: () => clock.now(),
      ...(issuerKeys === undefined ? {} : { issuerKeys }),
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
      userClaim,
    }));
  const ids = derived(secrets, (secrets) => new Set(secrets.map(secretId)));
  const keys = derived(() => live.current.credentials.apiKeys, createPublisherKeys);
  const origins = derived(() => live.current.allowedOrigins, createOriginCheck);
  await verifier();
  return {
    tokens: { verify: async (token) => await (await verifier()).verify(token) },
    keys: { identify: (secret) => keys().identify(secret) },
    originAllowed: (headers) => origins()(headers),
    isCurrent: ({ signedWith }) => signedWith === undefined || ids().has(signedWith),
  };
}
