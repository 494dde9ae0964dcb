import denoJson from "./deno.json" with { type: "json" };
import { loadCredentials } from "./src/auth/credentials.ts";
import { systemClock, within } from "./src/clock.ts";
import { banner } from "./src/server/banner.ts";
import { type Config, configFromProcess } from "./src/config/config.ts";
import { ConfigErrors } from "./src/config/variables.ts";
import { suspicionsOfProcess } from "./src/config/suspicions.ts";
import { describeKv } from "./src/config/kv.ts";
import { describeStartError } from "./src/server/describe_start_error.ts";
import { checkOpenFiles } from "./src/ops/open_files.ts";
import { outliveBugs } from "./src/ops/outlive_bugs.ts";
import type { Log } from "./src/ops/log.ts";
import { type Logging, startLogging } from "./src/ops/logging.ts";
import { Reloader, watchFiles } from "./src/server/reload.ts";
import { type Service, startInstance } from "./src/server/start.ts";
import { type Settings, settingsOf } from "./src/config/settings.ts";
import { checkCertificate, readTls } from "./src/config/tls.ts";
import { Pool } from "./src/workers/pool.ts";
import { CONFIG_EXIT_CODE, StartError } from "./src/errors.ts";

const { version } = denoJson;

/** One Ctrl-C can arrive twice: from the terminal, and from `deno task`. */
const SAME_SIGNAL_MS = 500;

/** How long stopping waits until the log is written. */
const FLUSH_MS = 1_000;

/** Prints a message for the operator and ends the process. */
function fail(message: string, exitCode: number): never {
  Deno.stderr.writeSync(new TextEncoder().encode(`${message}\n`));
  Deno.exit(exitCode);
}

function readConfig(): Config {
  try {
    return configFromProcess();
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error;
    const told = error.problems.map(({ variable }) => variable);
    const hints = suspicionsOfProcess().filter(({ variable }) => !told.includes(variable))
      .map(({ variable, reason }) => `\n  ${variable} ${reason}`);
    fail(error.message + hints.join(""), CONFIG_EXIT_CODE);
  }
}

async function start(
  config: Config,
  { log, onGivenUp }: { log: Log; onGivenUp: (error: unknown) => void },
): Promise<[Service, Settings]> {
  try {
    const credentials = await loadCredentials(config);
    const tls = config.tls === undefined ? undefined : await readTls(config.tls);
    const options = { config, credentials, log, version };
    const service = config.workers === 1
      ? await startInstance(options)
      : await Pool.start({ ...options, onGivenUp });
    return [service, settingsOf(config, credentials, tls)];
  } catch (error) {
    fail(describeStartError(error, config), error instanceof StartError ? error.exitCode : 1);
  }
}

/**
 * The first signal drains and stops the service, the second one ends the process at once. A service that
 * cannot go on is stopped too, and the process ends with an error.
 */
function stopInTime(
  service: Service,
  { log, flush, givenUp }: Logging & { givenUp: Promise<unknown> },
): void {
  let started: number | undefined;
  const stop = async ({ signal, exitCode }: { signal?: Deno.Signal; exitCode: number }) => {
    if (started !== undefined) {
      if (signal !== undefined && performance.now() - started > SAME_SIGNAL_MS) Deno.exit(130);
      return;
    }
    started = performance.now();
    log.info("service.stopping", { signal });
    try {
      const over = await service.stop();
      const ms = Math.round(performance.now() - started);
      if (!over) log.warn("service.cut_connections", { ms });
      log.info("service.stopped", { ms });
    } catch (error) {
      log.error("service.stop_failed", { error });
      exitCode = 1;
    }
    // The reader of the log may be gone.
    await within(systemClock, FLUSH_MS, flush());
    Deno.exit(exitCode);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void stop({ signal, exitCode: 0 }));
  }
  void givenUp.then((error) => {
    log.error("service.given_up", { error });
    return stop({ exitCode: 1 });
  });
}

/** Reads files again on SIGHUP; the certificate also when its files change. */
function reloadWhenAsked(service: Service, settings: Settings, log: Log): void {
  const apply = (settings: Settings) => service.apply(settings);
  const reloader = new Reloader({ config, settings, readConfig: configFromProcess, apply, log });
  const reload = () => void reloader.reload();
  hangUp = reload;
  if (wasHungUp) reload();
  if (config.tls === undefined) return;
  const onError = (error: unknown) => log.error("config.refused", { error });
  watchFiles(Object.values(config.tls), { clock: systemClock, onChange: reload, onError });
}

const config = readConfig();
/** SIGHUP came during the start, when a file may have been read already. */
let wasHungUp = false;
let hangUp = () => void (wasHungUp = true);
/** On a developer's machine SIGHUP means that the terminal was closed; Deno Deploy sends none. */
const isOperated = config.auth.mode !== "dev" && config.kv.kind !== "deploy";
if (isOperated && Deno.build.os !== "windows") {
  Deno.addSignalListener("SIGHUP", () => hangUp());
}
const logging = startLogging(config.log);
// This check opens files, so it comes before the service opens any.
const tooFewFiles = isOperated ? checkOpenFiles(config.maxConnections) : undefined;
const givenUp = Promise.withResolvers<unknown>();
const [service, settings] = await start(config, {
  log: logging.log,
  onGivenUp: givenUp.resolve,
});
stopInTime(service, { ...logging, givenUp: givenUp.promise });
outliveBugs(logging.log);
reloadWhenAsked(service, settings, logging.log);
const { credentials } = settings;
if (credentials.dev !== undefined) {
  const { path, publisherKey } = credentials.dev;
  const text = banner({
    url: service.url,
    publisherKey,
    data: describeKv(config.kv),
    secretsPath: path,
    color: Deno.stdout.isTerminal() && !Deno.noColor,
  });
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
logging.log.info("service.ready", {
  url: service.url,
  path: describeKv(config.kv),
  mode: config.auth.mode,
  count: config.workers,
  secrets: credentials.jwtSecrets.length,
  keys: credentials.apiKeys.length,
  origins: Array.isArray(config.allowedOrigins) ? config.allowedOrigins.length : undefined,
  version,
  ms: Math.round(performance.now()),
});
const ofTime = settings.tls && checkCertificate(settings.tls, Date.now());
for (const suspicion of [tooFewFiles, ofTime, ...suspicionsOfProcess()]) {
  if (suspicion !== undefined) logging.log.warn("config.suspicious", { ...suspicion });
}
