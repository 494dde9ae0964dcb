import type { ConfigProblem } from "./errors.ts";
import { FileUnusable, type ReadFile, readSmallFile } from "./variable_file.ts";

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
  "BELLWIRE_USER_CLAIM",
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
  "BELLWIRE_USER_WORK_PER_MINUTE",
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

/**
 * Variables whose value may be in a file instead, which `<name>_FILE` names: what is secret, what is a
 * list, and what can change while the service runs.
 */
export const FROM_FILES = [
  "DENO_KV_ACCESS_TOKEN",
  "BELLWIRE_JWT_SECRET",
  "BELLWIRE_API_KEYS",
  "BELLWIRE_ALLOWED_ORIGINS",
  "BELLWIRE_PUBLISHER_CALLS_PER_MINUTE",
  "BELLWIRE_SOCKET_MESSAGES_PER_MINUTE",
  "BELLWIRE_USER_WORK_PER_MINUTE",
] as const satisfies readonly Variable[];

/** Every name that is asked for in the environment. */
export const NAMES: readonly string[] = [...VARIABLES, ...FROM_FILES.map(fileOf)];

/** The environment, as far as it matters. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads variables and collects what is wrong with them instead of stopping at the first. */
export class Variables {
  readonly problems: ConfigProblem[] = [];
  readonly #env: Environment;
  readonly #readFile: ReadFile;
  /** What was in the files, read once so that all of a configuration is of one moment. */
  readonly #contents = new Map<Variable, string | undefined>();

  /** @param readFile reads what a variable `<name>_FILE` names */
  constructor(env: Environment, readFile: ReadFile = readSmallFile) {
    this.#env = env;
    this.#readFile = readFile;
  }

  /** Notes what a variable should have been. */
  fail(variable: Variable, expected: string): void {
    const quoted = isQuoted(this.#contents.get(variable) ?? this.#env[variable]) ? QUOTED : "";
    this.problems.push(
      this.#isFromFile(variable)
        ? {
          variable: fileOf(variable),
          expected: `names a file whose content ${expected}${quoted}`,
        }
        : { variable, expected: expected + quoted },
    );
  }

  /** Whether it was given, be it something that can be used or not. */
  isGiven(variable: Variable): boolean {
    return this.#own(variable) !== undefined || this.#isFromFile(variable);
  }

  /** The variable without white space around it; an empty one counts as not set. */
  text(variable: Variable): string | undefined {
    return this.#isFromFile(variable) ? this.#content(variable) : this.#own(variable);
  }

  /** The entries of a list, separated by commas or line breaks, empty ones left out. */
  list(variable: Variable): string[] {
    return (this.text(variable) ?? "").split(/[,\r\n]/).map((entry) => entry.trim())
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

  #own(variable: string): string | undefined {
    const text = this.#env[variable]?.trim();
    return text === "" ? undefined : text;
  }

  #isFromFile(variable: Variable): boolean {
    return mayBeInFile(variable) && this.#own(fileOf(variable)) !== undefined;
  }

  #content(variable: Variable): string | undefined {
    if (this.#contents.has(variable)) return this.#contents.get(variable);
    const content = this.#read(variable);
    this.#contents.set(variable, content);
    return content;
  }

  #read(variable: Variable): string | undefined {
    const name = fileOf(variable);
    const refuse = (expected: string) => void this.problems.push({ variable: name, expected });
    if (this.#own(variable) !== undefined) {
      return refuse(`and ${variable} are both set: unset one of them`);
    }
    try {
      const text = this.#readFile(this.#own(name) ?? "").trim();
      return text === "" ? refuse("names a file that is empty") : text;
    } catch (error) {
      if (error instanceof FileUnusable) return refuse(`names ${error.message}`);
      throw error;
    }
  }
}

const QUOTED = "; the quotation marks around it count as part of it, so leave them away";

/** Whether a value is still in the quotation marks that a shell would have taken away. */
export function isQuoted(value: string | undefined): boolean {
  return /^(["'])[^]*\1$/.test(value?.trim() ?? "");
}

/** The variable that names the file of another. */
export function fileOf(variable: Variable): string {
  return `${variable}_FILE`;
}

function mayBeInFile(variable: Variable): boolean {
  return (FROM_FILES as readonly Variable[]).includes(variable);
}
