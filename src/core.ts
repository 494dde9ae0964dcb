import { refuseRevoked } from "./auth/revoking_verifier.ts";
import type { Tickets } from "./auth/tickets.ts";
import type { TokenVerifier } from "./auth/token_verifier.ts";
import type { Clock } from "./clock.ts";
import { type Bell } from "./cluster/bell.ts";
import { Cluster } from "./cluster/cluster.ts";
import type { ClockVotes } from "./cluster/shared_clock.ts";
import { type ControlHandlers, LoneControl } from "./cluster/control.ts";
import type { StreamLimits } from "./domain/stream.ts";
import type { Closing } from "./gateway/close_code.ts";
import { Gateway } from "./gateway/gateway.ts";
import type { Places } from "./gateway/places.ts";
import type { Session } from "./gateway/session.ts";
import { LoneStreams } from "./gateway/stream_source.ts";
import { createPublishFromUser } from "./publish_from_user.ts";
import { newsOf, type StreamCommit } from "./store/journal/batch.ts";
import type { Trouble } from "./store/journal/committer.ts";
import type { Kv } from "./store/kv.ts";
import type { Quota } from "./rate_limit.ts";
import { Revocations, type Revoke } from "./revocations.ts";
import { KvTickets } from "./store/kv_tickets.ts";
import { openStore, type Store } from "./store/store.ts";
import { type KvHealth, WatchedKv } from "./store/watched_kv.ts";

export interface CoreOptions {
  /** With a deadline on each call. */
  readonly kv: Kv;
  /** Given where other instances work on the same KV. */
  readonly bell?: Bell;
  /** How many streams suit one commit of this KV, and how many commits at a time. */
  readonly checksMax: number;
  readonly commitsMax: number;
  /** Entries that may wait for a commit; as the journal has it unless given. */
  readonly queueMax?: number;
  /** Bytes of what waits; as the journal has it unless given. */
  readonly queueBytesMax?: number;
  readonly clock: Clock;
  /** Given where instances compare their machines' clocks. */
  readonly votes?: ClockVotes | undefined;
  readonly limits: StreamLimits;
  readonly tokens: TokenVerifier;
  /** No token is valid for longer. */
  readonly maxTokenLifetimeMs: number;
  /** A new UUIDv7. */
  readonly newId: () => string;
  readonly maxConnections: number;
  readonly maxConnectionsPerUser: number;
  /** What one session's client may say; as much as it likes unless given. */
  readonly messageQuota?: Quota;
  /** Where other isolates count towards the same maxima. */
  readonly places?: Places;
  readonly heartbeatMs: number;
  readonly pongTimeoutMs: number;
  readonly hooks: CoreHooks;
}

/** Who hears of what; none of them may throw. */
export interface CoreHooks {
  readonly committed: (commits: readonly StreamCommit[]) => void;
  readonly commitTroubled: (kind: Trouble, error?: unknown) => void;
  readonly sessionEnded: (session: Session, closing: Closing | undefined) => void;
  /** Work in the background failed; it is tried again. */
  readonly troubled: (error: unknown) => void;
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
  const { bell, clock, newId, hooks } = options;
  const onTrouble = hooks.troubled;
  const instance = newId();
  const kv = new WatchedKv(options.kv, {
    clock,
    instance,
    ...(hooks.kvTurned === undefined ? {} : { onChange: hooks.kvTurned }),
  });
  undo.defer(() => kv.close());
  undo.defer(() => kv.stop());
  kv.start();
  const cluster = bell &&
    new Cluster({
      kv,
      bell,
      clock,
      newId,
      onTrouble,
      onReborn: hooks.reborn,
      votes: options.votes,
    });
  let gateway: Gateway | undefined;
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
    onCommit(commits) {
      hooks.committed(commits);
      for (const commit of commits) gateway?.deliver(newsOf(commit));
    },
    onCommitTrouble: hooks.commitTroubled,
    onTrouble,
    ...(cluster === undefined ? {} : { cluster }),
  });
  undo.defer(async () => {
    const background = store.stopBackground();
    store.close();
    await background;
  });
  const hear: ControlHandlers = { revoked: ({ revocation }) => revocations.hear(revocation) };
  const lone = new LoneControl(kv, hear);
  const revocations: Revocations = new Revocations({
    ...options,
    kv,
    control: () => cluster ?? lone,
    onRevoked: () => gateway?.closeRevoked(),
  });
  const tokens = refuseRevoked(options.tokens, revocations.tokens);
  const devices = gateway = new Gateway({
    ...options,
    tokens,
    isRevoked: (token) => revocations.tokens.has(token),
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
    trouble: onTrouble,
    onEnd: hooks.sessionEnded,
  });
  undo.defer(() => cluster?.stop());
  undo.defer(() => devices.stop());
  const control = { hear, lookAgain: () => revocations.lookAgain() };
  if (cluster === undefined) await control.lookAgain();
  else await cluster.start({ journal: store.journal, heads: store.heads, devices, control });
  return {
    kv,
    store,
    gateway,
    tokens,
    revoke: revocations,
    tickets: new KvTickets({ kv, clock, revoked: revocations.tokens }),
    cluster,
    stopBackground: () => store.stopBackground(),
    close: () => undo.disposeAsync(),
  };
}
