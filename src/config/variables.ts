/** A variable that is not valid. */
export interface ConfigProblem {
  readonly variable: string;
  /** What the value must look like; never the value itself. */
  readonly expected: string;
}

/** The configuration is not valid. The error has all problems, so that they are fixed in one go. */
export class ConfigErrors extends Error {
  override readonly name = "ConfigErrors";
  readonly code = "invalid_config";
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(
      "The configuration is not valid:\n" +
        problems.map(({ variable, expected }) => `  ${variable} ${expected}`).join("\n"),
    );
  }
}

/** All variables of the configuration; the permissions in `deno.json` list them too. */
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
 * Variables whose value may be in a file, whose path is in `<name>_FILE`: secrets, lists, and settings that
 * can change while the service runs.
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

/** All names that are read from the environment. */
export const NAMES: readonly string[] = [...VARIABLES, ...FROM_FILES.map(fileOf)];

/** The environment of a process, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads variables of this process. Only the given names need a permission. */
export function readEnvironment(names: Iterable<string>): Environment {
  const env: Record<string, string> = {};
  for (const name of names) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/** Reads variables, and collects their problems instead of stopping at the first one. */
export class Variables {
  readonly problems: ConfigProblem[] = [];
  readonly #env: Environment;
  readonly #readFile: ReadFile;
  /** Contents of the files, which are read once, so that one configuration does not mix two states. */
  readonly #contents = new Map<Variable, string | undefined>();

  /** @param readFile reads the file of a variable `<name>_FILE` */
  constructor(env: Environment, readFile: ReadFile = readSmallFile) {
    this.#env = env;
    this.#readFile = readFile;
  }

  /** Adds a problem: what the variable must look like. */
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

  /** Whether the variable is set, to a valid value or not. */
  isGiven(variable: Variable): boolean {
    return this.#own(variable) !== undefined || this.#isFromFile(variable);
  }

  /** The value without white space around it. An empty variable counts as not set. */
  text(variable: Variable): string | undefined {
    return this.#isFromFile(variable) ? this.#content(variable) : this.#own(variable);
  }

  /** The entries of a list that is separated by commas or line breaks, without empty ones. */
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

const QUOTED = "; remove the quotation marks: they count as part of the value";

/** Whether a value is in quotation marks that a shell would have removed. */
export function isQuoted(value: string | undefined): boolean {
  return /^(["'])[^]*\1$/.test(value?.trim() ?? "");
}

/** The variable that holds the path of a variable's file. */
export function fileOf(variable: Variable): string {
  return `${variable}_FILE`;
}

function mayBeInFile(variable: Variable): boolean {
  return (FROM_FILES as readonly Variable[]).includes(variable);
}

/** A file of a variable cannot be used. The message continues "names …", and does not have the path. */
export class FileUnusable extends Error {
  override readonly name = "FileUnusable";
}

/** Reads the text of a file. Throws {@link FileUnusable}. */
export type ReadFile = (path: string) => string;

/** Far above any list of keys or origins. Reading a device such as /dev/zero would never end. */
const BYTES_MAX = 1024 * 1024;

/**
 * Reads a mounted secret or setting. Errors do not have the path: if the operator has confused the two
 * variables, the path is the secret.
 */
export function readSmallFile(path: string): string {
  try {
    const { isFile, size } = Deno.statSync(path);
    if (!isFile) throw new FileUnusable("something that is not a file");
    if (size > BYTES_MAX) throw new FileUnusable("a file of more than 1 MiB");
    return new TextDecoder("utf-8", { fatal: true }).decode(Deno.readFileSync(path));
  } catch (cause) {
    if (cause instanceof FileUnusable) throw cause;
    if (cause instanceof Deno.errors.NotFound) {
      throw new FileUnusable("a file that does not exist", { cause });
    }
    if (cause instanceof TypeError) throw new FileUnusable("a file that is not text", { cause });
    throw new FileUnusable("a file that cannot be read: check its permissions", { cause });
  }
}

/** Seconds of each unit. */
const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const DURATION = /^(\d{1,10}) *(s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?|w|weeks?)?$/i;

/**
 * Parses a duration such as `30 days`, `12h` or `90m`; a number alone is seconds.
 *
 * @returns milliseconds; undefined if the text is no duration
 *
 * @example
 * ```ts
 * parseDuration("1h"); // 3_600_000
 * ```
 */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text.trim());
  if (match === null) return undefined;
  const unit = UNITS[match[2]?.charAt(0).toLowerCase() ?? "s"];
  return unit === undefined ? undefined : Number(match[1]) * unit * 1000;
}
