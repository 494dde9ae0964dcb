import { refuseRevoked } from "../auth/revoking_verifier.ts";
import type { Tickets } from "../auth/tickets.ts";
import type { TokenVerifier, UserToken } from "../auth/token_verifier.ts";
import { type Clock, repeat } from "../clock.ts";
import { Cluster } from "../cluster/cluster.ts";
import type { ClockVotes } from "../cluster/shared_clock.ts";
import type { PeerChange } from "../cluster/instance_registry.ts";
import { type ControlHandlers, LoneControl } from "../cluster/control.ts";
import type { StreamLimits } from "../domain/stream.ts";
import { ErrorReports, type Failure } from "../feeds/error_reports.ts";
import { Feed } from "../feeds/feed.ts";
import type { Closing } from "../gateway/protocol/close_code.ts";
import { Gateway } from "../gateway/gateway.ts";
import type { Places } from "../gateway/session/places.ts";
import type { Session } from "../gateway/session/session.ts";
import { LoneStreams } from "../gateway/fanout/stream_source.ts";
import { createPublishFromUser } from "./publish_from_user.ts";
import { eventsOf, type StreamCommit } from "../store/journal/batch.ts";
import type { Trouble } from "../store/journal/committer.ts";
import type { CommitFeed, CommitTrouble } from "../store/journal/journal.ts";
import type { KeyWatcher, Kv } from "../kv/kv.ts";
import type { Quota } from "../limits/rate_limit.ts";
import { type RevocationFeed, Revocations, type Revoke } from "../auth/revocations.ts";
import type { OverloadReason } from "../store/errors.ts";
import { KvTickets } from "../auth/kv_tickets.ts";
import { UserQuotas } from "../limits/user_quotas.ts";
import { Rows } from "../store/rows.ts";
import { openStore, type Store } from "../store/store.ts";
import { type KvHealth, WatchedKv } from "../kv/watched_kv.ts";

export interface CoreOptions {
  /** With a deadline on each call. */
  readonly kv: Kv;
  /** Given where other instances work on the same KV. */
  readonly keyWatcher?: KeyWatcher;
  /** How many streams suit one commit of this KV, and how many commits at a time. */
  readonly checksMax: number;
  readonly commitsMax: number;
  /** Entries that may wait for a commit; as the journal has it unless given. */
  readonly queueMax?: number;
  /** Bytes of what waits; as the journal has it unless given. */
  readonly queueBytesMax?: number;
  readonly clock: Clock;
  /** The id under which the instance is known first. */
  readonly instance: string;
  /** Given where instances compare their machines' clocks. */
  readonly votes?: ClockVotes | undefined;
  readonly limits: StreamLimits;
  readonly tokens: TokenVerifier;
  /** Whether the secret that a token was signed with is still accepted; all are unless given. */
  readonly isCurrent?: (token: UserToken) => boolean;
  /** No token is valid for longer. */
  readonly maxTokenLifetimeMs: number;
  /** A new UUIDv7. */
  readonly newId: () => string;
  readonly maxConnections: number;
  readonly maxConnectionsPerUser: number;
  /** How much work one user may ask for; as much as users like where there is none. */
  readonly userQuota?: () => Quota | undefined;
  /** What the client of a session that begins may say; as much as it likes unless it gives something. */
  readonly messageQuota?: () => Quota | undefined;
  /** Where other isolates count towards the same maxima. */
  readonly places?: Places;
  readonly heartbeatMs: number;
  readonly pongTimeoutMs: number;
  readonly hooks: CoreHooks;
}

/** How often it is looked which users have their whole quota again. */
const SWEEP_QUOTAS_MS = 10_000;

/** Listeners of what happens. One that throws is reported by `troubled`, and harms nothing else. */
export interface CoreHooks {
  readonly committed: (commits: readonly StreamCommit[]) => void;
  readonly commitTroubled: (kind: Trouble, error?: unknown) => void;
  /** A write was refused for want of room. */
  readonly overloaded: (reason: OverloadReason) => void;
  readonly sessionEnded: (session: Session, closing: Closing | undefined) => void;
  /** A message of a session is refused since it is above a quota. */
  readonly sessionLimited?: (session: Session, reason: string) => void;
  /** Work in the background failed; it is tried again. */
  readonly troubled: (failure: Failure) => void;
  /** Another instance came, left or was given up. */
  readonly peerChanged: (change: PeerChange) => void;
  /** The others took this instance for dead; it goes on under another id. */
  readonly reborn: (id: string) => void;
  /** The KV turned out to be away, or is back. */
  readonly kvTurned?: (isAway: boolean) => void;
}

/** An instance without its outside: no HTTP, no sockets, no configuration. */
export interface Core {
  /** The KV, with an eye on whether it is away. */
  readonly kv: Kv & KvHealth;
  readonly store: Store;
  readonly gateway: Gateway;
  /** Refuses revoked tokens too. */
  readonly tokens: TokenVerifier;
  readonly revoke: Revoke;
  readonly tickets: Tickets;
  /** How much each user may ask for, over sockets and calls. */
  readonly quotas: UserQuotas;
  /** Where other instances work on the same KV. */
  readonly cluster: Cluster | undefined;
  /** Stops what goes on by itself; publishing goes on. */
  stopBackground(): Promise<void>;
  /**
   * Leaves the cluster and lets go of everything, the KV included; what the journal still holds is
   * given up. A second call does nothing.
   */
  close(): Promise<void>;
}

/**
 * Opens the store, does what became due, and makes the instance known to the others. Where that fails
 * nothing goes on; the KV is closed then too.
 */
export async function startCore(options: CoreOptions): Promise<Core> {
  const undo = new AsyncDisposableStack();
  try {
    return await start(options, undo);
  } catch (error) {
    await undo.disposeAsync();
    throw error;
  }
}

async function start(options: CoreOptions, undo: AsyncDisposableStack): Promise<Core> {
  const { keyWatcher, clock, newId, hooks } = options;
  const reports = new ErrorReports(hooks.troubled, clock);
  const commits: CommitFeed = new Feed(reports.of("listeners of commits"));
  const commitTroubles = new Feed<CommitTrouble>(reports.of("listeners of retries"));
  const reborn = new Feed<string>(reports.of("listeners of new ids"));
  const kvChanges = new Feed<boolean>(reports.of("listeners of outages"));
  const overloads = new Feed<OverloadReason>(reports.of("listeners of overloads"));
  overloads.subscribe(hooks.overloaded);
  commits.subscribe(hooks.committed);
  commitTroubles.subscribe(({ kind, error }) => hooks.commitTroubled(kind, error));
  reborn.subscribe(hooks.reborn);
  if (hooks.kvTurned !== undefined) kvChanges.subscribe(hooks.kvTurned);
  const { instance } = options;
  const peers = new Feed<PeerChange>(reports.of("listeners of instances"));
  peers.subscribe(hooks.peerChanged);
  const kv = new WatchedKv(options.kv, {
    clock,
    instance,
    changes: kvChanges,
    onError: reports.of("watch on the store"),
  });
  undo.defer(() => kv.close());
  undo.defer(() => kv.stop());
  kv.start();
  const cluster = keyWatcher &&
    new Cluster({
      kv,
      keyWatcher,
      clock,
      newId,
      instance,
      reports,
      reborn,
      peers,
      votes: options.votes,
    });
  const store = await openStore({
    kv,
    clock,
    newId,
    instance,
    limits: options.limits,
    checksMax: options.checksMax,
    commitsMax: options.commitsMax,
    ...(options.queueMax === undefined ? {} : { queueMax: options.queueMax }),
    ...(options.queueBytesMax === undefined ? {} : { queueBytesMax: options.queueBytesMax }),
    commits,
    commitTroubles,
    overloads,
    reports,
    ...(cluster === undefined ? {} : { cluster }),
  });
  undo.defer(async () => {
    const background = store.stopBackground();
    store.close();
    await background;
  });
  const hear: ControlHandlers = { revoked: ({ revocation }) => revocations.hear(revocation) };
  const onControlError = reports.of("control messages");
  const lone = new LoneControl(kv, { hear, onError: onControlError });
  const revoked: RevocationFeed = new Feed(reports.of("listeners of revocations"));
  const revocations: Revocations = new Revocations({
    ...options,
    kv,
    control: () => cluster ?? lone,
    rows: new Rows(reports),
    revoked,
  });
  const tokens = refuseRevoked(options.tokens, revocations.tokens);
  const quotas = new UserQuotas({
    quota: options.userQuota ?? (() => undefined),
    connectionsMax: options.maxConnectionsPerUser,
    clock,
  });
  const onSweepError = reports.of("forgetting quotas");
  const sweeping = repeat(clock, SWEEP_QUOTAS_MS, () => quotas.sweep(), onSweepError);
  undo.defer(() => sweeping.cancel());
  const gateway = new Gateway({
    ...options,
    quotas,
    tokens,
    isRevoked: (token) => revocations.tokens.has(token) || options.isCurrent?.(token) === false,
    heads: store.heads,
    log: store.log,
    health: kv,
    memberships: store.memberships,
    marks: store.marks,
    topics: store.topics,
    publishFromUser: createPublishFromUser({
      publisher: store.publisher,
      now: () => clock.now(),
    }),
    streams: cluster ?? new LoneStreams(store),
    databaseEpoch: store.databaseEpoch,
    newSessionId: newId,
    reports,
    onEnd: hooks.sessionEnded,
    ...(hooks.sessionLimited === undefined ? {} : { onLimited: hooks.sessionLimited }),
  });
  commits.subscribe((streams) => {
    for (const commit of streams) gateway.deliver(eventsOf(commit));
  });
  revoked.subscribe(() => gateway.closeRevoked());
  undo.defer(() => cluster?.stop());
  undo.defer(() => gateway.stop());
  const { journal, heads } = store;
  const control = { hear, lookAgain: () => revocations.lookAgain(), onError: onControlError };
  if (cluster === undefined) await control.lookAgain();
  else await cluster.start({ journal, heads, devices: gateway, control });
  return {
    kv,
    store,
    gateway,
    tokens,
    revoke: revocations,
    quotas,
    tickets: new KvTickets({ kv, clock, revoked: revocations.tokens }),
    cluster,
    stopBackground: () => store.stopBackground(),
    close: () => undo.disposeAsync(),
  };
}
