import { dirname } from "node:path";
import type { Hono } from "hono";
import { createApp } from "./app.ts";
import type { Credentials } from "./auth/credentials.ts";
import { createOriginCheck } from "./auth/origins.ts";
import { createPublisherKeys } from "./auth/publisher_keys.ts";
import { createTokenVerifier, type TokenVerifier } from "./auth/token_verifier.ts";
import { type Clock, pause, systemClock, within } from "./clock.ts";
import type { Config } from "./config.ts";
import type { DenoSocket } from "./gateway/deno_socket.ts";
import { Gateway } from "./gateway/gateway.ts";
import { createOpenStream } from "./gateway/open_stream.ts";
import type { AppEnv } from "./http/request_id.ts";
import { LoneStreams } from "./gateway/stream_source.ts";
import { Listener } from "./listener.ts";
import { httpMetrics } from "./ops/http_metrics.ts";
import { instanceMetrics } from "./ops/instance_metrics.ts";
import { MeasuredKv } from "./ops/kv_metrics.ts";
import type { Log } from "./ops/log.ts";
import { Metrics } from "./ops/metrics.ts";
import { processMetrics } from "./ops/process_metrics.ts";
import { ReadinessCheck } from "./readiness.ts";
import { DeadlineKv } from "./store/deadline_kv.ts";
import { DenoKv } from "./store/deno_kv.ts";
import { newsOf } from "./store/journal/batch.ts";
import { lockFile } from "./store/file_lock.ts";
import type { Kv } from "./store/kv.ts";
import { openStore, type Store } from "./store/store.ts";
import { createNewId } from "./wire/uuid_v7.ts";

export interface InstanceOptions {
  readonly config: Config;
  readonly credentials: Credentials;
  readonly log: Log;
  readonly version: string;
  /** Pages to serve at `/`, such as the playground of dev mode. */
  readonly pages?: Hono<AppEnv>;
  readonly clock?: Clock;
}

/** A running service. */
export interface Instance {
  /** Where it listens, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /**
   * Drains and stops, within the configured time.
   *
   * @returns false where a peer would not let go of its connection; ending the process ends it
   */
  stop(): Promise<boolean>;
}

/** No call of a local file takes so long unless something is wrong. */
const KV_DEADLINE_MS = 5_000;
/** Deno's local KV takes 100 checks; larger groups only make each wait longer. */
const CHECKS_MAX = 32;
const COMMITS_MAX = 2;
/** What part of the time for stopping the sessions may take; the rest is for what is under way. */
const DRAIN_SHARE = 0.6;
/** How long devices that were sent away have to take note of it; stalled ones never do. */
const GOODBYE_MS = 1_000;

/**
 * Starts one instance: opens the KV, wires everything together and listens.
 *
 * Throws `FileInUse` where another process has the file, `WrongSchema`, and what Deno throws where the
 * file or the port can't be had; nothing is left open then.
 */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const cleanUp = new DisposableStack();
  try {
    return await start(options, cleanUp);
  } catch (error) {
    cleanUp.dispose();
    throw error;
  }
}

async function start(options: InstanceOptions, cleanUp: DisposableStack): Promise<Instance> {
  const { config, credentials, log, version, clock = systemClock } = options;
  const metrics = new Metrics();
  processMetrics(metrics, { version });
  const newId = createNewId({ now: () => clock.now() });
  const instance = newId();
  const kv = await openFile(config.kv.path, { clock, metrics, cleanUp });
  const trouble = (error: unknown) => log.warn("background.failed", { error });

  let gateway: Gateway | undefined;
  const measured = instanceMetrics(metrics, {
    journal: () => store.journal,
    gateway: () => gateway as Gateway,
  });
  const store: Store = await openStore({
    kv,
    clock,
    instance,
    newId,
    checksMax: CHECKS_MAX,
    commitsMax: COMMITS_MAX,
    limits: {
      itemsMax: config.inboxMax,
      changesMax: config.eventsMax,
      retentionDays: config.retentionDays,
    },
    onCommit(commits) {
      measured.committed(commits);
      for (const commit of commits) gateway?.deliver(newsOf(commit));
    },
    onCommitTrouble(kind, error) {
      measured.commitTrouble(kind);
      log.warn("commit.troubled", { reason: kind, error });
    },
    onTrouble: trouble,
  });
  cleanUp.defer(() => void store.stopBackground());

  const tokens = await verifier(config, credentials);
  const openGateway = gateway = new Gateway({
    clock,
    tokens,
    heads: store.heads,
    log: store.log,
    streams: new LoneStreams(store),
    databaseEpoch: store.databaseEpoch,
    newSessionId: newId,
    maxConnections: config.maxConnections,
    maxConnectionsPerUser: config.maxConnectionsPerUser,
    heartbeatMs: config.heartbeatMs,
    pongTimeoutMs: config.pongTimeoutMs,
    trouble,
    onEnd: (_, closing) => measured.sessionEnded(closing),
  });
  cleanUp.defer(() => openGateway.stop());

  const sockets = new Set<DenoSocket>();
  const readiness = new ReadinessCheck({ kv, clock, instance });
  const app = createApp({
    publisher: store.publisher,
    inbox: store.inbox,
    tokens,
    keys: createPublisherKeys(credentials.apiKeys),
    stream: createOpenStream({
      gateway,
      originAllowed: createOriginCheck(config.allowedOrigins),
      isStopping: () => readiness.isStopping,
      standing: sockets,
    }),
    ready: () => readiness.check(),
    metrics: () => metrics.text(),
    observe: httpMetrics(metrics),
    log,
    allowedOrigins: config.allowedOrigins,
    version,
    now: () => clock.now(),
    ...(options.pages === undefined ? {} : { pages: options.pages }),
  });
  const tls = await readTls(config);
  const listener = new Listener({
    host: config.host,
    port: config.port,
    ...(tls === undefined ? {} : { tls }),
    handler: (request, info) => app.fetch(request, info),
    clock,
    log,
  });
  return {
    url: urlOf(config, listener),
    async stop() {
      readiness.stopping();
      const deadline = clock.monotonic() + config.drainMs;
      const left = () => Math.max(0, deadline - clock.monotonic());
      await within(clock, left(), store.stopBackground());
      await openGateway.drain(config.drainMs * DRAIN_SHARE);
      // Stopping the listener closes what stands with a code of its own, before ours is written.
      const goodbye = clock.monotonic() + Math.min(GOODBYE_MS, left());
      while (sockets.size > 0 && clock.monotonic() < goodbye) await pause(clock, 10);
      const over = await listener.stop(left());
      await within(clock, left(), store.journal.flushed());
      openGateway.stop();
      store.close();
      cleanUp.dispose();
      return over;
    },
  };
}

async function openFile(
  path: string,
  { clock, metrics, cleanUp }: { clock: Clock; metrics: Metrics; cleanUp: DisposableStack },
): Promise<Kv> {
  await Deno.mkdir(dirname(path), { recursive: true });
  cleanUp.use(lockFile(path));
  const denoKv = await Deno.openKv(path);
  return new MeasuredKv(new DeadlineKv(new DenoKv(denoKv), { clock, ms: KV_DEADLINE_MS }), metrics);
}

function verifier(config: Config, { jwtSecrets }: Credentials): Promise<TokenVerifier> {
  const { issuer, audience, maxTokenLifetimeMs } = config;
  return createTokenVerifier({
    secrets: jwtSecrets,
    maxLifetimeMs: maxTokenLifetimeMs,
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  });
}

async function readTls({ tls }: Config): Promise<{ cert: string; key: string } | undefined> {
  if (tls === undefined) return undefined;
  const [cert, key] = await Promise.all([
    Deno.readTextFile(tls.certPath),
    Deno.readTextFile(tls.keyPath),
  ]);
  return { cert, key };
}

function urlOf({ tls, host }: Config, { address }: Listener): string {
  const scheme = tls === undefined ? "http" : "https";
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `${scheme}://${name.includes(":") ? `[${name}]` : name}:${address.port}`;
}
