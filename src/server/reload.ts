import { loadCredentials } from "../auth/credentials.ts";
import { type Clock, repeat, type Timer } from "../clock.ts";
import type { Config } from "../config/config.ts";
import { ConfigErrors } from "../config/variables.ts";
import type { Suspicion } from "../config/suspicions.ts";
import type { Log } from "../ops/log.ts";
import { isSame, type Settings, settingsOf } from "../config/settings.ts";
import { checkCertificate, readTls } from "../config/tls.ts";

export interface ReloaderOptions {
  /** The configuration and the settings with which the service was started. */
  readonly config: Config;
  readonly settings: Settings;
  /** Reads the configuration. Throws `ConfigErrors`. */
  readonly readConfig: () => Config;
  /** Replaces the settings of the service. */
  readonly apply: (settings: Settings) => Promise<void>;
  readonly log: Log;
}

/**
 * Reads the configuration's files again and replaces the service's settings. Everything is checked first:
 * if any value is not valid, nothing changes, and the log says what is wrong.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  #inForce: Settings;
  #running: Promise<void> | undefined;
  #isAskedAgain = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#inForce = options.settings;
  }

  /** Reloads. Calls during a reload cause one more reload after it. Never rejects. */
  reload(): Promise<void> {
    this.#isAskedAgain = true;
    return this.#running ??= this.#run().finally(() => this.#running = undefined);
  }

  async #run(): Promise<void> {
    const { log } = this.#options;
    while (this.#isAskedAgain) {
      this.#isAskedAgain = false;
      try {
        await this.#reload();
      } catch (error) {
        const reason = error instanceof ConfigErrors
          ? error.problems.map(({ variable, expected }) => `${variable} ${expected}`).join("; ")
          : error instanceof Error
          ? error.message
          : String(error);
        log.error("config.refused", { reason });
      }
    }
  }

  async #reload(): Promise<void> {
    const { config: before, readConfig, apply, log } = this.#options;
    const config = readConfig();
    const tls = config.tls === undefined ? undefined : await readTls(config.tls);
    const settings = settingsOf(config, await loadCredentials(config), tls);
    const changed = differences(this.#inForce, settings);
    if (changed.length > 0) {
      await apply(settings);
      this.#inForce = settings;
    }
    const { credentials } = settings;
    log.info("config.reloaded", {
      variable: changed.join(", ") || undefined,
      secrets: credentials.jwtSecrets.length,
      keys: credentials.apiKeys.length,
    });
    const ofTime = tls && checkCertificate(tls, Date.now());
    const ofToken = isSame(before.kv, config.kv) ? undefined : TOKEN_CHANGED;
    for (const suspicion of [ofTime, ofToken]) {
      if (suspicion !== undefined) log.warn("config.suspicious", { ...suspicion });
    }
  }
}

const TOKEN_CHANGED: Suspicion = {
  variable: "DENO_KV_ACCESS_TOKEN",
  reason: "has changed, and is read only when the service starts: restart it",
};

/** The variables whose values have changed. */
function differences(before: Settings, after: Settings): string[] {
  const pairs: [name: string, before: unknown, after: unknown][] = [
    ["BELLWIRE_JWT_SECRET", before.credentials.jwtSecrets, after.credentials.jwtSecrets],
    ["BELLWIRE_API_KEYS", before.credentials.apiKeys, after.credentials.apiKeys],
    ["BELLWIRE_ALLOWED_ORIGINS", before.allowedOrigins, after.allowedOrigins],
    ["BELLWIRE_PUBLISHER_CALLS_PER_MINUTE", before.publisherQuota, after.publisherQuota],
    ["BELLWIRE_SOCKET_MESSAGES_PER_MINUTE", before.messageQuota, after.messageQuota],
    ["BELLWIRE_USER_WORK_PER_MINUTE", before.userQuota, after.userQuota],
    ["BELLWIRE_TLS_CERT", before.tls, after.tls],
  ];
  return pairs.filter(([, a, b]) => !isSame(a, b)).map(([name]) => name);
}

const LOOK_MS = 2_000;

/**
 * Calls back when files have changed and then stayed the same for one look: a certificate and its key are
 * written one after the other. Polling works on every file system, and with the symbolic links that
 * Kubernetes replaces.
 *
 * @param options `onChange` is called once for each change
 */
export function watchFiles(
  paths: readonly string[],
  { clock, onChange, onError }: {
    clock: Clock;
    onChange: () => void;
    onError: (error: unknown) => void;
  },
): Timer {
  let known = looksOf(paths);
  let last = known;
  return repeat(clock, LOOK_MS, async () => {
    const now = await looksOf(paths);
    const isSettled = now === await last;
    last = Promise.resolve(now);
    if (!isSettled || now === await known) return;
    known = last;
    onChange();
  }, onError);
}

/** The properties that change with a file, as one text. */
async function looksOf(paths: readonly string[]): Promise<string> {
  const looks = await Promise.all(paths.map(async (path) => {
    try {
      const { dev, ino, size, mtime } = await Deno.stat(path);
      return [dev, ino, size, mtime?.getTime()].join();
    } catch {
      return "missing";
    }
  }));
  return looks.join(" ");
}
