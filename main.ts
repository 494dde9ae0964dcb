import denoJson from "./deno.json" with { type: "json" };
import { type Credentials, loadCredentials } from "./src/auth/credentials.ts";
import { DevSecretsUnusable } from "./src/auth/dev_secrets.ts";
import { banner } from "./src/banner.ts";
import type { Config } from "./src/config.ts";
import { CONFIG_EXIT_CODE, ConfigErrors } from "./src/config/errors.ts";
import { configFromProcess } from "./src/config/from_process.ts";
import { type Instance, startInstance } from "./src/instance.ts";
import { type Logging, startLogging } from "./src/ops/logging.ts";
import { FileInUse } from "./src/store/file_lock.ts";
import { WrongSchema } from "./src/store/database.ts";
import { createPages } from "./src/pages/pages.ts";

const { version } = denoJson;

/** Ends the process with an explanation for whoever started it. */
function fail(message: string, exitCode: number): never {
  Deno.stderr.writeSync(new TextEncoder().encode(`${message}\n`));
  Deno.exit(exitCode);
}

function readConfig(): Config {
  try {
    return configFromProcess();
  } catch (error) {
    if (error instanceof ConfigErrors) fail(error.message, CONFIG_EXIT_CODE);
    throw error;
  }
}

async function start(config: Config, { log }: Logging): Promise<[Instance, Credentials]> {
  try {
    const credentials = await loadCredentials(config);
    const pages = credentials.dev === undefined ? undefined : await createPages({
      jwtSecret: credentials.jwtSecrets[0] ?? "",
      publisherKey: credentials.dev.publisherKey,
      maxTokenLifetimeMs: config.maxTokenLifetimeMs,
      ...(config.issuer === undefined ? {} : { issuer: config.issuer }),
      ...(config.audience === undefined ? {} : { audience: config.audience }),
    });
    const instance = await startInstance({
      config,
      credentials,
      log,
      version,
      ...(pages === undefined ? {} : { pages }),
    });
    return [instance, credentials];
  } catch (error) {
    fail(whyNot(error, config), error instanceof DevSecretsUnusable ? CONFIG_EXIT_CODE : 1);
  }
}

/** What keeps the service from starting, in words that say what to do. */
function whyNot(error: unknown, { host, port, kv }: Config): string {
  if (error instanceof FileInUse || error instanceof WrongSchema) return error.message;
  if (error instanceof DevSecretsUnusable) return error.message;
  if (error instanceof Deno.errors.AddrInUse) {
    return `Port ${port} on ${host} is taken: stop what listens there, or choose another one (PORT=8001).`;
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return `HOST=${host} is not an address of this machine.`;
  }
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return `Not permitted: ${error.message}. The KV file is ${kv.path}.`;
  }
  return `Could not start: ${error instanceof Error ? error.stack ?? error.message : error}`;
}

/** One Ctrl-C can arrive twice: from the terminal, and passed on by `deno task`. */
const SAME_SIGNAL_MS = 500;

/** The first signal drains and stops, the second one ends at once. */
function stopOnSignal(instance: Instance, { log, flush }: Logging): void {
  let started: number | undefined;
  const stop = async (signal: Deno.Signal) => {
    if (started !== undefined) {
      if (performance.now() - started > SAME_SIGNAL_MS) Deno.exit(130);
      return;
    }
    started = performance.now();
    log.info("service.stopping", { signal });
    const over = await instance.stop();
    const ms = Math.round(performance.now() - started);
    if (!over) log.warn("service.cut_connections", { ms });
    log.info("service.stopped", { ms });
    await flush();
    Deno.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void stop(signal));
  }
}

const config = readConfig();
const logging = startLogging(config.log);
const [instance, credentials] = await start(config, logging);
stopOnSignal(instance, logging);
if (credentials.dev !== undefined) {
  const { path, publisherKey } = credentials.dev;
  const text = banner({
    url: instance.url,
    publisherKey,
    kvPath: config.kv.path,
    secretsPath: path,
    color: Deno.stdout.isTerminal() && !Deno.noColor,
  });
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
logging.log.info("service.ready", {
  url: instance.url,
  path: config.kv.path,
  mode: config.auth.mode,
  version,
  ms: Math.round(performance.now()),
});
