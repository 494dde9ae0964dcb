import type { ConfigProblem } from "./errors.ts";

/** Every variable that is read; the permissions of the tasks name them too. */
export const VARIABLES = [
  "PORT",
  "HOST",
  "BELLWIRE_KV",
  "DENO_KV_ACCESS_TOKEN",
  "BELLWIRE_JWT_SECRET",
  "BELLWIRE_JWKS_URL",
  "BELLWIRE_JWT_ISSUER",
  "BELLWIRE_JWT_AUDIENCE",
  "BELLWIRE_API_KEYS",
  "BELLWIRE_ALLOWED_ORIGINS",
  "BELLWIRE_WORKERS",
  "BELLWIRE_TLS_CERT",
  "BELLWIRE_TLS_KEY",
  "BELLWIRE_MAX_CONNECTIONS",
  "BELLWIRE_MAX_CONNECTIONS_PER_USER",
  "BELLWIRE_MAX_TOKEN_LIFETIME",
  "BELLWIRE_PUBLISHER_CALLS_PER_MINUTE",
  "BELLWIRE_SOCKET_MESSAGES_PER_MINUTE",
  "BELLWIRE_INBOX_MAX",
  "BELLWIRE_EVENTS_MAX",
  "BELLWIRE_RETENTION_DAYS",
  "BELLWIRE_HEARTBEAT_MS",
  "BELLWIRE_PONG_TIMEOUT_MS",
  "BELLWIRE_SHUTDOWN_DELAY_SECONDS",
  "BELLWIRE_DRAIN_SECONDS",
  "BELLWIRE_LOG",
  "BELLWIRE_LOG_LEVEL",
] as const;

/** The name of a variable. */
export type Variable = typeof VARIABLES[number];

/** The environment, as far as it matters. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads variables and collects what is wrong with them instead of stopping at the first. */
export class Variables {
  readonly problems: ConfigProblem[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** Notes what a variable should have been. */
  fail(variable: Variable, expected: string): void {
    this.problems.push({ variable, expected });
  }

  /** The variable without white space around it; an empty one counts as not set. */
  text(variable: Variable): string | undefined {
    const text = this.#env[variable]?.trim();
    return text === "" ? undefined : text;
  }

  /** The entries of a comma-separated list, empty ones left out. */
  list(variable: Variable): string[] {
    return (this.text(variable) ?? "").split(",").map((entry) => entry.trim())
      .filter((entry) => entry !== "");
  }

  /** A whole number within a range. */
  integer(
    variable: Variable,
    { fallback, min, max }: { fallback: number; min: number; max: number },
  ): number {
    const text = this.text(variable);
    if (text === undefined) return fallback;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    this.fail(variable, `must be a whole number from ${min} to ${max}`);
    return fallback;
  }

  /** One of a few words. */
  choice<const Word extends string>(
    variable: Variable,
    { fallback, words }: { fallback: NoInfer<Word>; words: readonly Word[] },
  ): Word {
    const text = this.text(variable);
    if (text === undefined) return fallback;
    const word = words.find((word) => word === text);
    if (word === undefined) this.fail(variable, `must be one of ${words.join(", ")}`);
    return word ?? fallback;
  }
}
