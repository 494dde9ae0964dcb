import type { AllowedOrigins } from "../auth/origins.ts";
import { type AuthConfig, readAuth, readOrigins, readUserClaim } from "./auth.ts";
import { detectFacts, FACT_VARIABLES, type Facts } from "./facts.ts";
import { readHost } from "./host.ts";
import { type KvConfig, readKv } from "./kv.ts";
import { readTlsPaths, type TlsPaths } from "./tls.ts";
import {
  ConfigErrors,
  type Environment,
  NAMES,
  parseDuration,
  readEnvironment,
  type ReadFile,
  type Variable,
  Variables,
} from "./variables.ts";
import type { Quota } from "../limits/rate_limit.ts";

/** The configuration of a process, checked and complete. */
export interface Config {
  /** The system chooses a port if this is 0. */
  readonly port: number;
  readonly host: string;
  readonly kv: KvConfig;
  /** The number of isolates that share the port. */
  readonly workers: number;
  readonly auth: AuthConfig;
  /** The `iss` that user tokens must have. */
  readonly issuer?: string;
  /** The `aud` that user tokens must have. */
  readonly audience?: string;
  /** The claim of a user token that holds the user's id; `sub` unless given. */
  readonly userClaim?: string;
  readonly maxTokenLifetimeMs: number;
  readonly allowedOrigins: AllowedOrigins;
  readonly tls?: TlsPaths;
  /** Calls of one publisher to one instance; unlimited if undefined. */
  readonly publisherQuota?: Quota;
  /** Messages of the client of one session; unlimited if undefined. */
  readonly messageQuota?: Quota;
  /** Work of one user, over all connections and calls (see `work_cost.ts`); unlimited if undefined. */
  readonly userQuota?: Quota;
  readonly maxConnections: number;
  readonly maxConnectionsPerUser: number;
  /** The number of live items that each stream keeps. */
  readonly inboxMax: number;
  /** The number of changes that each stream keeps. */
  readonly eventsMax: number;
  readonly retentionDays: number;
  readonly heartbeatMs: number;
  readonly pongTimeoutMs: number;
  /** How long the instance goes on serving after it reports not to be ready. */
  readonly shutdownDelayMs: number;
  /** How long draining may take after the shutdown delay. */
  readonly drainMs: number;
  readonly log: { readonly format: LogFormat; readonly level: LogLevel };
}

/** The format of log lines. */
export type LogFormat = "pretty" | "json";
/** The lowest level that is logged. */
export type LogLevel = "debug" | "info" | "warn" | "error";

const DAY_MS = 86_400_000;
const WORKERS_MAX = 64;

/**
 * Reads the configuration.
 *
 * @param env the environment; an empty variable counts as not set
 * @param facts what the defaults depend on
 * @param readFile reads the files of variables; from the disk unless given
 * @throws {ConfigErrors} with all problems
 *
 * @example
 * ```ts
 * const config = loadConfig(Deno.env.toObject(), facts);
 * ```
 */
export function loadConfig(env: Environment, facts: Facts, readFile?: ReadFile): Config {
  const variables = new Variables(env, readFile);
  const host = readHost(variables);
  const auth = readAuth(variables, { host, facts });
  const issuer = variables.text("BELLWIRE_JWT_ISSUER");
  const audience = variables.text("BELLWIRE_JWT_AUDIENCE");
  const userClaim = readUserClaim(variables);
  const tls = readTlsPaths(variables);
  const publisherQuota = readQuota(variables, "BELLWIRE_PUBLISHER_CALLS_PER_MINUTE", 600_000);
  const messageQuota = readQuota(variables, "BELLWIRE_SOCKET_MESSAGES_PER_MINUTE", 6_000);
  const userQuota = readUserQuota(variables);

  const config: Config = {
    port: variables.integer("PORT", { fallback: 8000, min: 0, max: 65_535 }),
    host: host ?? (auth.mode === "dev" ? "127.0.0.1" : "0.0.0.0"),
    kv: readKv(variables, facts),
    workers: readWorkers(variables, facts),
    auth,
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
    ...(userClaim === undefined ? {} : { userClaim }),
    maxTokenLifetimeMs: readTokenLifetime(variables),
    allowedOrigins: readOrigins(variables),
    ...(tls === undefined ? {} : { tls }),
    ...(publisherQuota === undefined ? {} : { publisherQuota }),
    ...(messageQuota === undefined ? {} : { messageQuota }),
    ...(userQuota === undefined ? {} : { userQuota }),
    maxConnections: variables.integer("BELLWIRE_MAX_CONNECTIONS", {
      fallback: 15_000,
      min: 1,
      max: 1_000_000,
    }),
    maxConnectionsPerUser: variables.integer("BELLWIRE_MAX_CONNECTIONS_PER_USER", {
      fallback: 50,
      min: 1,
      max: 1_000_000,
    }),
    // The head lists its live items in at most 3 bytes each and has to stay within a KV value.
    inboxMax: variables.integer("BELLWIRE_INBOX_MAX", { fallback: 1000, min: 1, max: 10_000 }),
    eventsMax: variables.integer("BELLWIRE_EVENTS_MAX", { fallback: 4096, min: 1, max: 100_000 }),
    retentionDays: variables.integer("BELLWIRE_RETENTION_DAYS", {
      fallback: 90,
      min: 1,
      max: 3650,
    }),
    heartbeatMs: variables.integer("BELLWIRE_HEARTBEAT_MS", {
      fallback: 25_000,
      min: 50,
      max: 3_600_000,
    }),
    pongTimeoutMs: variables.integer("BELLWIRE_PONG_TIMEOUT_MS", {
      fallback: 10_000,
      min: 50,
      max: 3_600_000,
    }),
    shutdownDelayMs: readShutdownDelay(variables, { auth, facts }),
    drainMs: readDrain(variables, facts),
    log: {
      format: variables.choice("BELLWIRE_LOG", {
        fallback: facts.terminal ? "pretty" : "json",
        words: ["pretty", "json"],
      }),
      level: variables.choice("BELLWIRE_LOG_LEVEL", {
        fallback: "info",
        words: ["debug", "info", "warn", "error"],
      }),
    },
  };
  if (variables.problems.length > 0) throw new ConfigErrors(variables.problems);
  return config;
}

/**
 * Reads the configuration of this process.
 *
 * @throws {ConfigErrors} with all problems
 */
export function configFromProcess(): Config {
  const env = readEnvironment([...NAMES, ...FACT_VARIABLES]);
  const facts = detectFacts({
    env,
    pid: Deno.pid,
    terminal: Deno.stdout.isTerminal(),
    cores: navigator.hardwareConcurrency,
  });
  return loadConfig(env, facts);
}

/** @param fallback a number per minute, far above what honest callers need */
function readQuota(variables: Variables, variable: Variable, fallback: number): Quota | undefined {
  const limit = variables.integer(variable, { fallback, min: 0, max: 1_000_000_000 });
  return limit === 0 ? undefined : { limit, windowMs: 60_000 };
}

/** The quota is granted in parts of ten seconds: the work of a whole minute at once would slow all users. */
function readUserQuota(variables: Variables): Quota | undefined {
  const quota = readQuota(variables, "BELLWIRE_USER_WORK_PER_MINUTE", 12_000);
  return quota && { limit: Math.ceil(quota.limit / 6), windowMs: quota.windowMs / 6 };
}

function readTokenLifetime(variables: Variables): number {
  const text = variables.text("BELLWIRE_MAX_TOKEN_LIFETIME");
  if (text === undefined) return 30 * DAY_MS;
  const lifetime = parseDuration(text);
  if (lifetime !== undefined && lifetime > 0 && lifetime <= 3650 * DAY_MS) return lifetime;
  variables.fail(
    "BELLWIRE_MAX_TOKEN_LIFETIME",
    "must be a duration such as 30 days, 12h or 3600 (seconds), at most 3650 days",
  );
  return 30 * DAY_MS;
}

/** In dev mode there is no proxy that has to notice, and on Deno Deploy there is no time for it. */
function readShutdownDelay(
  variables: Variables,
  { auth, facts: { deploy } }: { auth: AuthConfig; facts: Facts },
): number {
  const variable = "BELLWIRE_SHUTDOWN_DELAY_SECONDS";
  const fallback = deploy || auth.mode === "dev" ? 0 : 5;
  const seconds = variables.integer(variable, { fallback, min: 0, max: 3600 });
  if (deploy && seconds > 0) {
    variables.fail(variable, "must be 0 on Deno Deploy, which kills a process 5 s after SIGINT");
  }
  return seconds * 1000;
}

/** Deno Deploy kills a process five seconds after SIGINT, and the log is written after draining. */
function readDrain(variables: Variables, { deploy }: Facts): number {
  const range = deploy ? { fallback: 3, min: 0, max: 4 } : { fallback: 20, min: 0, max: 3600 };
  return variables.integer("BELLWIRE_DRAIN_SECONDS", range) * 1000;
}

function readWorkers(variables: Variables, facts: Facts): number {
  const text = variables.text("BELLWIRE_WORKERS") ?? "1";
  const most = Math.min(facts.cores, WORKERS_MAX);
  const count = text === "auto" ? most : /^[1-9]\d{0,2}$/.test(text) ? Number(text) : NaN;
  if (count >= 1 && count <= WORKERS_MAX) return count;
  variables.fail("BELLWIRE_WORKERS", `must be a number from 1 to ${WORKERS_MAX}, or auto`);
  return 1;
}
