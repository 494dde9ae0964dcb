import { createAccess } from "../auth/access.ts";
import type { Credentials } from "../auth/credentials.ts";
import { type Clock, systemClock } from "../clock.ts";
import { purgeStaleInstances } from "../cluster/lease.ts";
import type { Config } from "../config/config.ts";
import { type LiveSettings, type Settings, settingsOf, updated } from "../config/settings.ts";
import { readTls } from "../config/tls.ts";
import { createNewId } from "../encoding/uuid_v7.ts";
import type { ConnectionLimiter } from "../gateway/session/connection_limiter.ts";
import { OpenConnections } from "../gateway/transport/open_connections.ts";
import { reportFailedReading } from "../gateway/transport/drop_socket.ts";
import { heldOutsideOfHeap, MemoryGuard } from "../gateway/transport/memory_guard.ts";
import { createOpenStream } from "../gateway/transport/open_stream.ts";
import { createApp } from "../http/app.ts";
import { readClientFiles } from "../http/client_files.ts";
import { Listener } from "../http/listener.ts";
import type { Readiness } from "../http/operations.ts";
import { ReadinessCheck } from "../http/readiness.ts";
import type { CommitTurns } from "../kv/deno/write_lock.ts";
import { openKv } from "../kv/open.ts";
import { EventLog } from "../ops/event_log.ts";
import { httpMetrics } from "../ops/http_metrics.ts";
import { createInstanceCounters, measureInstance } from "../ops/instance_metrics.ts";
import type { Log } from "../ops/log.ts";
import { Metrics } from "../ops/metrics.ts";
import { processMetrics } from "../ops/process_metrics.ts";
import { createDevPages } from "../pages/pages.ts";
import { startEngine } from "./engine.ts";
import { createFeeds, observe } from "./feeds.ts";
import { startServiceClock } from "./service_clock.ts";
import { drainAndStop } from "./stop.ts";
import { describedRoutes } from "../http/openapi.ts";

export interface StartOptions {
  readonly config: Config;
  readonly credentials: Credentials;
  readonly log: Log;
  readonly version: string;
  readonly clock?: Clock;
  /** Given if this isolate is one of several workers that share the port. */
  readonly worker?: WorkerContext;
}

/** What `/ready` and `/metrics` answer. */
export interface ProcessStatus {
  readonly ready: () => Promise<Readiness>;
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>;
}

/** What a worker shares with the others of its process. */
export interface WorkerContext {
  readonly port: number;
  /** True for the first worker that this process starts. */
  readonly isFirst: boolean;
  /** The number of workers. */
  readonly count: number;
  /** Lets one worker at a time write the KV file. */
  readonly turns: CommitTurns;
  /** Counts the connections of all workers. */
  readonly limiter: ConnectionLimiter;
  /** The status of all workers together. */
  readonly processStatus: ProcessStatus;
}

/** A running service: one instance, or a pool of workers. */
export interface Service {
  /** The address that the service listens on, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /**
   * Replaces the settings while connections stay open, except those whose token is refused from now on.
   * If the certificate has changed, all devices are asked to reconnect. Rejects if the service cannot
   * listen with the new certificate, and changes nothing then.
   */
  apply(settings: Settings): Promise<void>;
  /**
   * Reports not to be ready, then drains and stops, each within its configured time. A second call waits
   * for the same end.
   *
   * @returns false if a peer keeps its connection open, so that the process has to end to close it
   */
  stop(): Promise<boolean>;
}

/** A service that is one isolate. */
export interface Instance extends Service {
  readonly port: number;
  /** The status of this instance alone. */
  readonly status: ProcessStatus;
}

/** Connections above the maximum that may be open until they are told why they are refused. */
const SOCKETS_SHARE = 1.1;
const SOCKETS_SPARE = 50;

/**
 * Starts one instance: metrics and feeds → KV → clock → auth → engine (store, cluster, gateway) → HTTP.
 *
 * Rejects with `StartError`, and with what Deno
 * throws if the file or the port cannot be opened. Everything that was opened is closed then.
 */
export async function startInstance(options: StartOptions): Promise<Instance> {
  const { config, credentials, log, version, clock: machine = systemClock, worker } = options;
  await using cleanUp = new AsyncDisposableStack();

  // Metrics, log and feeds
  const metrics = new Metrics();
  processMetrics(metrics, { version });
  const events = new EventLog({ log, clock: machine });
  cleanUp.defer(() => events.stop());
  const feeds = createFeeds(machine);
  observe(feeds, { counters: createInstanceCounters(metrics), events });

  // KV
  const opened = await openKv(config.kv, {
    clock: machine,
    metrics,
    cleanUp,
    ...(worker && { turns: worker.turns }),
    onError: feeds.reports.of("watch on the wake key"),
    onFileGone: (gone) =>
      gone ? log.error("kv.file_gone", { error: gone }) : log.info("kv.file_back"),
  });
  // This process holds the lock of the file: leases in it are left over from processes that crashed.
  if (worker?.isFirst && config.kv.kind === "file") await purgeStaleInstances(opened.kv);

  // Clock. It is started before the first id is made, because ids contain the time and never go back.
  const { clock, votes, skew } = await startServiceClock(machine, opened.reference, {
    log,
    onError: (error) => events.clockUnchecked(error),
    cleanUp,
  });
  const newId = createNewId({ now: () => clock.now() });

  // Auth
  const tls = config.tls && await readTls(config.tls);
  const settings: LiveSettings = { current: settingsOf(config, credentials, tls) };
  const access = await createAccess(settings, {
    config,
    clock,
    onIssuerError: (error) => events.issuerUnavailable(error),
  });

  // Store, cluster and gateway
  const instance = log.context?.instance ?? newId();
  const engine = await startEngine({
    config,
    settings,
    feeds,
    opened,
    clock,
    newId,
    instance,
    votes,
    access,
    worker,
  });
  cleanUp.defer(() => engine.close());
  const { gateway, store, tokens, tickets, quotas } = engine;
  measureInstance(metrics, { journal: store.journal, gateway, skew });

  // Connections
  reportFailedReading();
  const sockets = new OpenConnections({
    clock,
    max: Math.ceil(config.maxConnections * SOCKETS_SHARE / (worker?.count ?? 1)) + SOCKETS_SPARE,
    onError: feeds.reports.of("dropping of connections"),
  });
  const memory = new MemoryGuard({
    clock,
    held: heldOutsideOfHeap,
    connections: () => sockets.size,
    onGrowth: () => {
      events.memoryGrew();
      gateway.probeSilentConnections();
      sockets.dropAll();
    },
    onError: feeds.reports.of("watching of memory"),
  });
  cleanUp.defer(() => memory.stop());

  // HTTP
  const readiness = new ReadinessCheck({
    kv: engine.kv,
    clock,
    instance: newId(),
    fault: opened.fault,
  });
  const status: ProcessStatus = {
    ready: () => readiness.check(),
    metrics: () => Promise.resolve(metrics.text()),
  };
  const { ready, metrics: allMetrics } = worker?.processStatus ?? status;
  const answers = httpMetrics(metrics);
  const pages = await createDevPages(config, credentials);
  const app = createApp({
    ...store,
    tokens,
    keys: access.keys,
    tickets,
    revoke: engine.revoke,
    quotas,
    stream: createOpenStream({
      gateway,
      tokens,
      tickets,
      clock,
      originAllowed: access.originAllowed,
      isStopping: () => readiness.isStopping,
      connections: sockets,
    }),
    presence: engine.findPresence,
    ready,
    metrics: allMetrics,
    observe: (answer) => answers.answered(answer),
    log,
    events,
    allowedOrigins: () => settings.current.allowedOrigins,
    publisherQuota: () => settings.current.publisherQuota,
    version,
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    clientFiles: await readClientFiles(),
    ...(pages && { pages }),
  });
  answers.expect(describedRoutes(app));
  const listener = new Listener({
    host: config.host,
    port: worker?.port ?? config.port,
    ...(worker && { share: worker }),
    ...(tls && { tls }),
    handler: (request, info) => app.fetch(request, info),
    clock,
    log,
  });

  const parts = cleanUp.move();
  const stop = async () => {
    const isOver = await drainAndStop({ config, clock, readiness, engine, sockets, listener });
    await parts.disposeAsync();
    return isOver;
  };
  let stopped: Promise<boolean> | undefined;
  return {
    url: urlOf(config, listener),
    port: listener.address.port,
    status,
    // deno-lint-ignore require-await -- what is thrown becomes a rejection
    async apply(next) {
      const before = settings.current;
      const after = updated(before, next);
      // The listener is the only part that can fail, so it comes first.
      if (after.tls !== undefined && after.tls !== before.tls) {
        listener.replaceTls(after.tls, (ms) => gateway.reconnectAll(ms));
      }
      settings.current = after;
      gateway.closeOutdated(access.isCurrent);
    },
    stop: () => stopped ??= stop(),
  };
}

function urlOf({ tls, host }: Config, { address }: Listener): string {
  const scheme = tls === undefined ? "http" : "https";
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `${scheme}://${name.includes(":") ? `[${name}]` : name}:${address.port}`;
}
