import type { Access } from "../auth/access.ts";
import { KvTickets, type Tickets } from "../auth/tickets.ts";
import { Revocations, type Revoke } from "../auth/revocations.ts";
import type { TokenVerifier } from "../auth/token_verifier.ts";
import { type Clock, repeat } from "../clock.ts";
import { Cluster } from "../cluster/cluster.ts";
import { ControlLine } from "../cluster/control_line.ts";
import { InstanceRegistry } from "../cluster/instance_registry.ts";
import { RemoteSender } from "../cluster/remote_sender.ts";
import type { ClockVotes } from "../cluster/shared_clock.ts";
import type { Config } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import { LocalStreams } from "../gateway/fanout/stream_source.ts";
import { Gateway } from "../gateway/gateway.ts";
import type { ConnectionLimiter } from "../gateway/session/connection_limiter.ts";
import type { FindPresence } from "../http/presence.ts";
import type { Kv } from "../kv/kv.ts";
import type { KvEngine } from "../kv/engine.ts";
import { type KvHealth, MonitoredKv } from "../kv/health.ts";
import { UserQuotas } from "../limits/user_quotas.ts";
import { eventsOf } from "../store/journal/decide_batch.ts";
import { RowReader } from "../store/rows.ts";
import { openStore, type Store } from "../store/store.ts";
import type { Feeds } from "./feeds.ts";
import { createPublishFromUser } from "./publish_from_user.ts";
import { refuseRevoked } from "../auth/revoked_tokens.ts";

/** The variables of the configuration that the engine reads. */
export type EngineConfig = Pick<
  Config,
  | "inboxMax"
  | "eventsMax"
  | "retentionDays"
  | "maxTokenLifetimeMs"
  | "maxConnections"
  | "maxConnectionsPerUser"
  | "heartbeatMs"
  | "pongTimeoutMs"
>;

export interface EngineOptions {
  readonly config: EngineConfig;
  /** The quotas that are in force; read at each use. */
  readonly settings: { readonly current: Pick<Settings, "userQuota" | "messageQuota"> };
  readonly feeds: Feeds;
  readonly opened: KvEngine;
  readonly clock: Clock;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** The first id of this instance; it gets another one when the others have evicted it. */
  readonly instance: string;
  /** Given if the instances compare their machines' clocks. */
  readonly votes?: ClockVotes | undefined;
  readonly access: Pick<Access, "tokens" | "isCurrent">;
  /** Given if this is one of several workers: their number, and their connections together. */
  readonly worker?: { readonly count: number; readonly limiter: ConnectionLimiter } | undefined;
}

/** An instance without HTTP and sockets. */
export interface Engine {
  readonly kv: Kv & KvHealth;
  readonly store: Store;
  /** Refuses revoked tokens too. */
  readonly tokens: TokenVerifier;
  readonly tickets: Tickets;
  readonly revoke: Revoke;
  readonly quotas: UserQuotas;
  /** Undefined if no other instance works on the same KV. */
  readonly cluster: Cluster | undefined;
  readonly gateway: Gateway;
  readonly findPresence: FindPresence;
  /** Stops timers that write; calls are still served. */
  stopBackground(): Promise<void>;
  /** Leaves the cluster, drops what the journal has not written, and closes the KV. Idempotent. */
  close(): Promise<void>;
}

/** All workers together may have so many entries, and bytes, in their write queues. */
const QUEUE_MAX = 4_096;
const QUEUE_BYTES_MAX = 64 * 1024 * 1024;
/** How often the quotas of users who have not used them lately are dropped. */
const SWEEP_QUOTAS_MS = 10_000;

/**
 * Puts the parts of an instance together, in the order in which they need each other. If a part cannot
 * start, the parts before it are stopped and the KV is closed.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { config, settings, feeds, opened, clock, newId, instance, access, worker } = options;
  const { reports } = feeds;
  await using undo = new AsyncDisposableStack();

  // KV
  const onError = reports.of("watch on the store");
  const kv = new MonitoredKv(opened.kv, { clock, instance, changes: feeds.outages, onError });
  undo.defer(() => kv.close());
  undo.defer(() => kv.stop());
  kv.start();

  // Store. What it commits for devices of other instances is addressed with the registry.
  const { keyWatcher } = opened;
  const registry = keyWatcher && new InstanceRegistry({
    kv,
    clock,
    newId,
    instance,
    votes: options.votes,
    peers: feeds.peers,
    rejoined: feeds.rejoined,
    reports,
  });
  const workers = worker?.count ?? 1;
  const store = await openStore({
    kv,
    clock,
    newId,
    instance,
    limits: {
      itemsMax: config.inboxMax,
      changesMax: config.eventsMax,
      retentionDays: config.retentionDays,
    },
    checksMax: opened.checksMax,
    commitsMax: opened.commitsMax,
    queueMax: Math.ceil(QUEUE_MAX / workers),
    queueBytesMax: Math.ceil(QUEUE_BYTES_MAX / workers),
    commits: feeds.commits,
    commitRetries: feeds.commitRetries,
    overloads: feeds.overloads,
    reports,
    ...(registry && { cluster: { registry, remoteEvents: new RemoteSender({ registry, newId }) } }),
  });
  undo.defer(async () => {
    const background = store.stopBackground();
    store.close();
    await background;
  });

  // Auth
  const control = new ControlLine({ kv, clock, newId, registry, reports });
  const revocations = new Revocations({
    kv,
    clock,
    newId,
    maxTokenLifetimeMs: config.maxTokenLifetimeMs,
    control,
    rows: new RowReader(reports),
    revoked: feeds.revocations,
  });
  const tokens = refuseRevoked(access.tokens, revocations.tokens);
  const tickets = new KvTickets({ kv, clock, revoked: revocations.tokens });
  const quotas = new UserQuotas({
    quota: () => settings.current.userQuota,
    connectionsMax: config.maxConnectionsPerUser,
    clock,
  });
  const onSweepError = reports.of("forgetting quotas");
  const sweeping = repeat(clock, SWEEP_QUOTAS_MS, () => quotas.sweep(), onSweepError);
  undo.defer(() => sweeping.cancel());

  // Cluster
  const { journal, heads } = store;
  const cluster = registry &&
    new Cluster({ kv, keyWatcher, clock, registry, control, journal, heads, feeds });

  // Gateway
  const gateway = new Gateway({
    ...config,
    ...store,
    clock,
    tokens,
    isRevoked: (token) => revocations.tokens.has(token) || !access.isCurrent(token),
    quotas,
    messageQuota: () => settings.current.messageQuota,
    health: kv,
    streams: cluster ?? new LocalStreams(store),
    publishFromUser: createPublishFromUser({
      publisher: store.publisher,
      now: () => clock.now(),
    }),
    newSessionId: newId,
    sessionEnds: feeds.sessionEnds,
    refusedMessages: feeds.refusedMessages,
    reports,
    ...(worker && { limiter: worker.limiter }),
  });
  feeds.commits.subscribe((commits) => {
    for (const commit of commits) gateway.deliver(eventsOf(commit));
  });
  feeds.revocations.subscribe(() => gateway.closeRevoked());

  // All parts are there: become known to the other instances, and listen to them.
  undo.defer(() => cluster?.stop());
  undo.defer(() => control.stop());
  undo.defer(() => gateway.stop());
  await cluster?.start(gateway);
  await control.start({
    handlers: { revoked: ({ revocation }) => revocations.hear(revocation) },
    readStored: () => revocations.lookAgain(),
  });

  const parts = undo.move();
  return {
    kv,
    store,
    tokens,
    tickets,
    revoke: revocations,
    quotas,
    cluster,
    gateway,
    async findPresence(user) {
      const here = gateway.registry.of(user).size > 0 ? 1 : 0;
      const instances = here + (await cluster?.countOtherInstances(user) ?? 0);
      return { online: instances > 0, instances };
    },
    stopBackground: () => store.stopBackground(),
    close: () => parts.disposeAsync(),
  };
}
