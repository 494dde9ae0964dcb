import type { Hono } from "hono";
import { createAccess } from "../auth/access.ts";
import { agreeOnTime } from "./agree_on_time.ts";
import { createApp } from "../http/app.ts";
import type { Credentials } from "../auth/credentials.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Config } from "../config/config.ts";
import { type Core, type CoreHooks, startCore } from "./core.ts";
import { Connections } from "../gateway/transport/connections.ts";
import { reportFailedReading } from "../gateway/transport/drop_socket.ts";
import { Failure } from "../feeds/error_reports.ts";
import { heldOutsideOfHeap, MemoryGuard } from "../gateway/transport/memory_guard.ts";
import { createOpenStream } from "../gateway/transport/open_stream.ts";
import type { Places } from "../gateway/session/places.ts";
import { buryAll } from "../cluster/bury_all.ts";
import { readClientFiles } from "../http/client_files.ts";
import { describedRoutes } from "../http/described_routes.ts";
import type { AppEnv } from "../http/request_id.ts";
import { Listener } from "../http/listener.ts";
import type { Readiness } from "../http/operations.ts";
import { openKv } from "../kv/open.ts";
import { createPresence } from "../cluster/presence.ts";
import { EventLog } from "../ops/event_log.ts";
import { httpMetrics } from "../ops/http_metrics.ts";
import { instanceMetrics } from "../ops/instance_metrics.ts";
import type { Log } from "../ops/log.ts";
import { Metrics } from "../ops/metrics.ts";
import { processMetrics } from "../ops/process_metrics.ts";
import type { TakesTurns } from "../kv/deno/turn_kv.ts";
import { ReadinessCheck } from "../http/readiness.ts";
import { type LiveSettings, type Settings, settingsOf, updated } from "../config/settings.ts";
import { stopInstance } from "./stop_instance.ts";
import { readTls } from "../config/tls.ts";
import { createNewId } from "../encoding/uuid_v7.ts";

export interface InstanceOptions {
  readonly config: Config;
  readonly credentials: Credentials;
  readonly log: Log;
  readonly version: string;
  /** Pages to serve at `/`, such as the playground of dev mode. */
  readonly pages?: Hono<AppEnv>;
  readonly clock?: Clock;
  /** Given where this is one of several isolates that share the port. */
  readonly worker?: WorkerPlace;
}

/** What an instance can say of itself, or of the whole process. */
export interface Whole {
  readonly ready: () => Promise<Readiness>;
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>;
}

/** One isolate's place among several. */
export interface WorkerPlace {
  readonly port: number;
  /** None of this process ran before. */
  readonly isFirst: boolean;
  /** How many there are. */
  readonly count: number;
  /** Whose turn it is to write a file. */
  readonly turns: TakesTurns;
  /** How many connections they may have together. */
  readonly places: Places;
  /** Makes of what this isolate says what all of them say together. */
  readonly whole: (own: Whole) => Whole;
}

/** A running service. */
export interface Instance {
  /** Where it listens, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  readonly port: number;
  /**
   * Goes on with other settings. Connections are kept, but for those whose token is not accepted any
   * more; where the certificate is another one, all devices are asked to connect again. Throws where it
   * can't listen with another certificate, and nothing has changed then.
   */
  apply(settings: Settings): void;
  /**
   * Stops being ready, then drains and stops, each within its configured time; a second call waits for
   * the same end.
   *
   * @returns false where a peer would not let go of its connection; ending the process ends it
   */
  stop(): Promise<boolean>;
}

/** Workers share the KV, so that together they may have no more waiting than one alone. */
const QUEUE_MAX = 4_096;
const QUEUE_BYTES_MAX = 64 * 1024 * 1024;
/** Room for connections that are only told why they can't stay. */
const SOCKETS_SHARE = 1.1;
const SOCKETS_SPARE = 50;
/**
 * Starts one instance: opens the KV, wires everything together and listens.
 *
 * Throws `FileInUse` where another process has the file, `WrongSchema`, and what Deno throws where the
 * file or the port can't be had; nothing is left open then.
 */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const cleanUp = new AsyncDisposableStack();
  try {
    return await start(options, cleanUp);
  } catch (error) {
    await cleanUp.disposeAsync();
    throw error;
  }
}

async function start(options: InstanceOptions, cleanUp: AsyncDisposableStack): Promise<Instance> {
  const { config, credentials, log, version, clock: machine = systemClock, worker } = options;
  const metrics = new Metrics();
  processMetrics(metrics, { version });
  const events = new EventLog({ log, clock: machine });
  cleanUp.defer(() => events.stop());
  const hooks = coreHooks(metrics, { events, core: () => core });
  const failed = (job: string) => (cause: unknown) =>
    hooks.troubled(new Failure(job, { cause, more: 0 }));
  const opened = await openKv(config.kv, {
    clock: machine,
    metrics,
    cleanUp,
    ...(worker === undefined ? {} : { turns: worker.turns }),
    onError: failed("watch on the mailbox"),
    onFileGone: (gone) =>
      gone ? log.error("kv.file_gone", { error: gone }) : log.info("kv.file_back"),
  });
  // The lock of the file was won: whoever left a lease in it is gone.
  if (worker?.isFirst && config.kv.kind === "file") await buryAll(opened.kv);
  // Before the first id is made: ids never go back.
  const votes = await agreeOnTime(machine, opened.reference, { log, events, metrics, cleanUp });
  const clock = votes ?? machine;
  const newId = createNewId({ now: () => clock.now() });
  const tls = config.tls === undefined ? undefined : await readTls(config.tls);
  const live: LiveSettings = { current: settingsOf(config, credentials, tls) };
  const access = await createAccess(live, { config, clock, events });
  const core: Core = await startCore({
    ...config,
    ...opened,
    clock,
    instance: log.context?.instance ?? newId(),
    votes,
    tokens: access.tokens,
    isCurrent: access.isCurrent,
    messageQuota: () => live.current.messageQuota,
    userQuota: () => live.current.userQuota,
    newId,
    limits: {
      itemsMax: config.inboxMax,
      changesMax: config.eventsMax,
      retentionDays: config.retentionDays,
    },
    hooks,
    ...(worker === undefined ? {} : {
      places: worker.places,
      queueMax: Math.ceil(QUEUE_MAX / worker.count),
      queueBytesMax: Math.ceil(QUEUE_BYTES_MAX / worker.count),
    }),
  });
  const { gateway, store } = core;
  cleanUp.defer(() => core.close());

  reportFailedReading();
  const sockets = new Connections({
    clock,
    max: Math.ceil(config.maxConnections * SOCKETS_SHARE / (worker?.count ?? 1)) + SOCKETS_SPARE,
    onError: failed("dropping of connections"),
  });
  const memory = new MemoryGuard({
    clock,
    held: heldOutsideOfHeap,
    connections: () => sockets.size,
    onGrowth: () => {
      events.memoryGrew();
      gateway.findSilent();
      sockets.dropAll();
    },
    onError: failed("watching of memory"),
  });
  cleanUp.defer(() => memory.stop());
  const readiness = new ReadinessCheck({
    kv: core.kv,
    clock,
    instance: newId(),
    fault: opened.fault,
  });
  const own = { ready: () => readiness.check(), metrics: () => Promise.resolve(metrics.text()) };
  const whole = worker?.whole(own) ?? own;
  const answers = httpMetrics(metrics);
  const app = createApp({
    publisher: store.publisher,
    notifications: store.notifications,
    inbox: store.inbox,
    marks: store.marks,
    topics: store.topics,
    erase: store.erase,
    tokens: core.tokens,
    revoke: core.revoke,
    tickets: core.tickets,
    quotas: core.quotas,
    keys: access.keys,
    stream: createOpenStream({
      gateway,
      tokens: core.tokens,
      tickets: core.tickets,
      clock,
      originAllowed: access.originAllowed,
      isStopping: () => readiness.isStopping,
      connections: sockets,
    }),
    presence: createPresence(core),
    ready: whole.ready,
    metrics: whole.metrics,
    observe: (answer) => answers.answered(answer),
    log,
    events,
    allowedOrigins: () => live.current.allowedOrigins,
    version,
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    publisherQuota: () => live.current.publisherQuota,
    clientFiles: await readClientFiles(),
    ...(options.pages === undefined ? {} : { pages: options.pages }),
  });
  answers.expect(describedRoutes(app));
  const listener = new Listener({
    host: config.host,
    port: worker?.port ?? config.port,
    ...(worker === undefined ? {} : { share: worker }),
    ...(tls === undefined ? {} : { tls }),
    handler: (request, info) => app.fetch(request, info),
    clock,
    log,
  });
  const stop = async () => {
    const over = await stopInstance({ config, clock, readiness, core, sockets, listener });
    await cleanUp.disposeAsync();
    return over;
  };
  const apply = (settings: Settings) => {
    const before = live.current;
    const next = updated(before, settings);
    // First what can fail, so that all of it changes or nothing.
    if (next.tls !== undefined && next.tls !== before.tls) {
      listener.replaceTls(next.tls, (ms) => gateway.reconnectAll(ms));
    }
    live.current = next;
    gateway.closeOutdated(access.isCurrent);
  };
  let stopped: Promise<boolean> | undefined;
  return {
    url: urlOf(config, listener),
    port: listener.address.port,
    apply,
    stop: () => stopped ??= stop(),
  };
}

/** What the core reports goes to the metrics and the log. */
function coreHooks(
  metrics: Metrics,
  { events, core }: { events: EventLog; core: () => Core },
): CoreHooks {
  const measured = instanceMetrics(metrics, {
    journal: () => core().store.journal,
    gateway: () => core().gateway,
  });
  return {
    committed: (commits) => measured.committed(commits),
    commitTroubled(kind, error) {
      measured.commitTrouble(kind);
      events.commitTroubled(kind, error);
    },
    sessionEnded(session, closing) {
      measured.sessionEnded(closing);
      events.sessionEnded(session, closing);
    },
    sessionLimited: (session, reason) => events.sessionLimited(session, reason),
    troubled(failure) {
      measured.backgroundFailed(1 + failure.more);
      events.backgroundFailed(failure);
    },
    overloaded: (reason) => measured.overloaded(reason),
    peerChanged(change) {
      measured.peerChanged(change);
      events.peerChanged(change);
    },
    reborn: (id) => events.reborn(id),
    kvTurned: (isAway) => events.kvTurned(isAway),
  };
}

function urlOf({ tls, host }: Config, { address }: Listener): string {
  const scheme = tls === undefined ? "http" : "https";
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `${scheme}://${name.includes(":") ? `[${name}]` : name}:${address.port}`;
}
