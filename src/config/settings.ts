import type { AllowedOrigins } from "../auth/origins.ts";
import type { Credentials } from "../auth/credentials.ts";
import type { Config } from "./config.ts";
import type { Quota } from "../limits/rate_limit.ts";
import type { TlsFiles } from "./tls.ts";

/** The part of the configuration that can change while the service runs. Plain data, sent to workers. */
export interface Settings {
  readonly credentials: Credentials;
  readonly allowedOrigins: AllowedOrigins;
  /** Calls of one publisher to one instance; unlimited if undefined. */
  readonly publisherQuota?: Quota;
  /** Messages of the client of one session; unlimited if undefined. */
  readonly messageQuota?: Quota;
  /** Work of one user; unlimited if undefined. */
  readonly userQuota?: Quota;
  /** The certificate and its key, if the service uses TLS. */
  readonly tls?: TlsFiles;
}

/**
 * The settings that are in force. Read `current` at each use; keep only what {@link derived} computes from
 * it.
 */
export interface LiveSettings {
  current: Settings;
}

/** The settings of a configuration. */
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

/** A configuration with its settings replaced. */
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
 * New settings in which unchanged parts are the same objects as before: so {@link derived} values of them
 * are kept, and a caller that has used up its quota gets no new one because a key was added.
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

/** Whether two parts of settings are equal. */
export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * Computes something from a value that can change, and computes it again only when the value has changed.
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
