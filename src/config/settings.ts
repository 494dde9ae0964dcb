import type { AllowedOrigins } from "../auth/origins.ts";
import type { Credentials } from "../auth/credentials.ts";
import type { Config } from "./config.ts";
import type { Quota } from "../limits/rate_limit.ts";
import type { TlsFiles } from "./tls.ts";

/** What of the configuration may change while the service runs. Plain data: workers get it in messages. */
export interface Settings {
  readonly credentials: Credentials;
  readonly allowedOrigins: AllowedOrigins;
  /** What a publisher may ask of one instance; without limit unless given. */
  readonly publisherQuota?: Quota;
  /** What one session's client may say; without limit unless given. */
  readonly messageQuota?: Quota;
  /** How much work one user may ask for; without limit unless given. */
  readonly userQuota?: Quota;
  /** The texts of the certificate and its key, where the service speaks TLS. */
  readonly tls?: TlsFiles;
}

/**
 * The settings that are in force. Whoever needs one reads it at each use, and keeps nothing but what
 * {@link derived} makes of it.
 */
export interface LiveSettings {
  current: Settings;
}

/** The settings that a configuration begins with. */
export function settingsOf(config: Config, credentials: Credentials, tls?: TlsFiles): Settings {
  const { allowedOrigins, publisherQuota, messageQuota, userQuota } = config;
  return {
    credentials,
    allowedOrigins,
    ...(publisherQuota === undefined ? {} : { publisherQuota }),
    ...(messageQuota === undefined ? {} : { messageQuota }),
    ...(userQuota === undefined ? {} : { userQuota }),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** A configuration as it would have been had it begun with these settings. */
export function withSettings(config: Config, settings: Settings): Config {
  const { publisherQuota: _calls, messageQuota: _messages, userQuota: _work, ...rest } = config;
  const { allowedOrigins, publisherQuota, messageQuota, userQuota } = settings;
  return {
    ...rest,
    allowedOrigins,
    ...(publisherQuota === undefined ? {} : { publisherQuota }),
    ...(messageQuota === undefined ? {} : { messageQuota }),
    ...(userQuota === undefined ? {} : { userQuota }),
  };
}

/**
 * Other settings, in which what is as before is the very same object: so nothing is made anew of it, and
 * who has used up a quota does not get another one because a key was added.
 */
export function updated(before: Settings, after: Settings): Settings {
  const { credentials, allowedOrigins, publisherQuota, messageQuota, userQuota, tls } = after;
  return {
    credentials: {
      ...credentials,
      jwtSecrets: asBefore(before.credentials.jwtSecrets, credentials.jwtSecrets),
      apiKeys: asBefore(before.credentials.apiKeys, credentials.apiKeys),
    },
    allowedOrigins: asBefore(before.allowedOrigins, allowedOrigins),
    ...(publisherQuota && { publisherQuota: asBefore(before.publisherQuota, publisherQuota) }),
    ...(messageQuota && { messageQuota: asBefore(before.messageQuota, messageQuota) }),
    ...(userQuota && { userQuota: asBefore(before.userQuota, userQuota) }),
    ...(tls && { tls: asBefore(before.tls, tls) }),
  };
}

function asBefore<Value>(before: Value | undefined, after: Value): Value {
  return before !== undefined && isSame(before, after) ? before : after;
}

/** Whether two parts of settings, which are plain data, say the same. */
export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * Makes something of a value that may change, and makes it anew only where the value is another one.
 *
 * @example
 * ```ts
 * const isAllowed = derived(() => live.current.allowedOrigins, createOriginCheck);
 * isAllowed()({ origin, host });
 * ```
 */
export function derived<Value, Result>(
  value: () => Value,
  make: (value: Value) => Result,
): () => Result {
  let last: { readonly of: Value; readonly result: Result } | undefined;
  return () => {
    const of = value();
    if (last === undefined || last.of !== of) last = { of, result: make(of) };
    return last.result;
  };
}
