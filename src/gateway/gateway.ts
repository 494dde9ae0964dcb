import { repeat, type Timer } from "../clock.ts";
import type { StreamEvents } from "../domain/event.ts";
import type { OnError } from "../feeds/error_reports.ts";
import { guard } from "../feeds/feed.ts";
import type { Seq } from "../domain/item.ts";
import type { StreamName } from "../domain/stream_name.ts";
import { RowReader } from "../store/rows.ts";
import type { UserToken } from "../auth/token_verifier.ts";
import { REVOKED } from "./protocol/socket_errors.ts";
import { CatchUp } from "./fanout/catch_up.ts";
import { Channels } from "./fanout/channels.ts";
import { CloseCode, type Closing } from "./protocol/close_code.ts";
import { Connection, type ConnectionServices } from "./session/connection.ts";
import { Deadlines } from "./session/deadlines.ts";
import { EncodedBatch } from "./fanout/encoded_batch.ts";
import { closeGradually, comingBack } from "./session/drain.ts";
import { SubscriptionManager } from "./fanout/subscription_manager.ts";
import { Heartbeat, StallDetector } from "./session/heartbeat.ts";
import { Inbound } from "./session/inbound.ts";
import { HandshakeMemoryLimit } from "./session/handshake_memory_limit.ts";
import { TokenExpiry } from "./session/token_expiry.ts";
import { MessageLimit } from "./session/message_limit.ts";
import { Backpressure } from "./fanout/backpressure.ts";
import { StoreRetry } from "./session/store_retry.ts";
import { LocalConnectionLimiter } from "./session/connection_limiter.ts";
import { SessionRegistry } from "./session/session_registry.ts";
import { Session } from "./session/session.ts";
import { WireEpochs } from "./protocol/encode_message.ts";
import type { AcceptedConnection, GatewayOptions, NewConnection } from "./gateway_options.ts";

/** A new token is signed with a secret that is accepted. */
const OUTDATED: Closing = {
  code: CloseCode.tokenExpired,
  reason: "The token's secret is not accepted any more: get a new token",
};
const HELLO_WITHIN_MS = 10_000;
/** Where there is no room, a connection that has said nothing for so long has to make some. */
const IDLE_HANDSHAKE_MS = 1_000;
const TICK_MS = 100;

/** The live side of an instance: sessions come, get what happens, and go. */
export class Gateway {
  readonly registry: SessionRegistry;
  readonly backpressure: Backpressure;
  readonly catchUp: CatchUp;
  /** Holds the sessions that wait for the store. */
  readonly storeRetry: StoreRetry;
  readonly #options: GatewayOptions;
  readonly #channels: Channels;
  readonly #subscriptions: SubscriptionManager;
  readonly #services: ConnectionServices;
  readonly #stallDetector: StallDetector;
  readonly #tick: Timer;
  readonly #onError: OnError;
  readonly #limited = (session: Session, reason: string) =>
    this.#options.refusedMessages.emit({ session, reason });
  #delivered = 0;
  /** All sessions are asked at once no earlier. */
  #askAgainAt = 0;

  constructor(options: GatewayOptions) {
    const { clock, heads, log, streams, reports } = options;
    this.#options = options;
    const onError = this.#onError = reports.of("sessions");
    this.#channels = new Channels({
      heads,
      memberships: options.memberships,
      moved: ({ user }) => {
        for (const { active } of [...this.registry.of(user)]) {
          if (active !== undefined) guard(onError, () => this.#subscriptions.adjust(active));
        }
      },
      fetchEarlier: () => streams.fetchEarlier(),
      onClose: (stream) => streams.leave(stream),
      onError: reports.of("events to devices"),
    });
    this.registry = new SessionRegistry(
      options.limiter ?? new LocalConnectionLimiter({
        max: options.maxConnections,
        maxPerUser: options.maxConnectionsPerUser,
      }),
    );
    this.backpressure = new Backpressure(clock, onError);
    const epochs = new WireEpochs(options.databaseEpoch);
    this.storeRetry = new StoreRetry(clock, options.health);
    this.catchUp = new CatchUp({
      heads,
      log,
      backpressure: this.backpressure,
      storeRetry: this.storeRetry,
      epochs,
      quotas: options.quotas,
      onError: reports.of("catching up"),
    });
    this.#subscriptions = new SubscriptionManager({
      channels: this.#channels,
      heads,
      joinStream: (stream) => streams.join(stream),
      catchUp: this.catchUp,
      storeRetry: this.storeRetry,
      rows: new RowReader(reports),
      onError: reports.of("following of topics"),
    });
    this.#services = {
      ...options,
      onError: reports.of("messages of devices"),
      registry: this.registry,
      catchUp: this.catchUp,
      subscriptions: this.#subscriptions,
      audienceOf: (stream) => this.#channels.get(stream)?.subscriptions.size ?? 0,
      heartbeat: new Heartbeat(clock, {
        every: options.heartbeatMs,
        within: options.pongTimeoutMs,
        onError,
      }),
      hellos: new Deadlines(onError),
      tokenExpiry: new TokenExpiry(clock, onError),
      epochs,
      handshakeMemory: new HandshakeMemoryLimit(),
    };
    this.#stallDetector = new StallDetector(clock);
    this.#tick = repeat(clock, TICK_MS, () => this.#lookAtTimes(), onError);
  }

  /** Events that were handed to live devices or their streams so far. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Bytes that are held for clients whose tokens are not checked yet. */
  get unchecked(): number {
    return this.#services.handshakeMemory.bytes;
  }

  /** Times that are kept for sessions: to say hello by, to be pinged at, until their token expires. */
  get timed(): number {
    const { hellos, tokenExpiry, heartbeat } = this.#services;
    return hellos.size + tokenExpiry.size + heartbeat.size;
  }

  /** Takes in a connection; what its client sends goes to the inbound side that is returned. */
  accept(
    { transport, jwt, token, encoding, refusal, clientInfo }: NewConnection,
  ): AcceptedConnection {
    const { clock, quotas } = this.#options;
    const messageQuota = this.#options.messageQuota?.();
    const session = new Session(this.#options.newSessionId(), {
      transport,
      encoding,
      ended: (session, closing) => this.#ended(session, closing),
    });
    session.clientInfo = clientInfo;
    let isFull = !this.registry.add(session);
    if (isFull && refusal === undefined && this.closeIdleHandshake()) {
      isFull = !this.registry.retrySlot(session);
    }
    this.#services.hellos.set(session, this.#options.clock.monotonic() + HELLO_WITHIN_MS);
    const unwelcome = refusal ?? (isFull ? AT_CAPACITY : undefined);
    if (unwelcome !== undefined) session.close(unwelcome);
    const connection = new Connection(
      session,
      this.#services,
      session.isClosed ? undefined : token ?? jwt,
    );
    const inbound = new Inbound(session, connection, {
      handshakeMemory: this.#services.handshakeMemory,
      limit: new MessageLimit(messageQuota, clock, quotas, this.#limited),
      waited: (user) => this.registry.limitWaiting(user),
    });
    if (!session.isClosed) session.inbound = inbound;
    return { session, connection, inbound };
  }

  /**
   * Ends the connection that has been open for the longest time without a word, so that connections that
   * nobody uses keep nobody out.
   *
   * @returns false where there is none
   */
  closeIdleHandshake(): boolean {
    const { hellos } = this.#services;
    const latest = this.#options.clock.monotonic() + HELLO_WITHIN_MS - IDLE_HANDSHAKE_MS;
    const mute = hellos.find((session, at) =>
      at <= latest && !session.isOneWay && session.inbound?.isIdle === true
    );
    mute?.close({
      code: CloseCode.noHello,
      reason: "No hello yet, and others need the room",
      retryAfterMs: 1_000,
    });
    return mute !== undefined;
  }

  /**
   * Ends all connections that have said nothing for a second, and asks all others whether they are there:
   * one that is in the middle of a message without an end can't answer.
   */
  probeSilentConnections(): void {
    while (this.closeIdleHandshake());
    const now = this.#options.clock.monotonic();
    if (now < this.#askAgainAt) return;
    this.#askAgainAt = now + this.#options.pongTimeoutMs;
    this.#services.heartbeat.hasten();
  }

  /** Streams that a device here follows. */
  followed(): StreamName[] {
    return this.#channels.streams();
  }

  isFollowed(stream: StreamName): boolean {
    return this.#channels.get(stream) !== undefined;
  }

  /** Hands committed events to the devices of their stream. */
  deliver(news: StreamEvents): void {
    const { stream, events } = news;
    const channel = this.#channels.get(stream);
    if (channel === undefined || events.length === 0) return;
    // What cannot be put into messages is read from the log, as what was missed is.
    const deliver = () => channel.deliver(new EncodedBatch(news));
    if (!guard(this.#onError, deliver)) channel.lookAgain();
    this.#delivered += events.length;
  }

  /** Events of a stream may have passed this instance by: its devices look for themselves. */
  lookAgain(stream: StreamName): void {
    this.#channels.get(stream)?.lookAgain();
  }

  /** Has those devices of a stream catch up that are live and yet not as far as `seq`. */
  expect(stream: StreamName, { epoch, seq }: { epoch: string; seq: Seq }): void {
    for (const subscription of this.#channels.get(stream)?.subscriptions ?? []) {
      const { cursor } = subscription;
      if (cursor?.epoch !== epoch || cursor.seq < seq) subscription.fallBehind();
    }
  }

  /** Ends the sessions whose token is refused by now. */
  closeRevoked(): void {
    this.#closeWhere(this.#options.isRevoked, REVOKED);
  }

  /** Ends the sessions whose token was signed with a secret that is not accepted any more. */
  closeOutdated(isCurrent: (token: UserToken) => boolean): void {
    this.#closeWhere((token) => !isCurrent(token), OUTDATED);
  }

  #closeWhere(isRefused: (token: UserToken) => boolean, closing: Closing): void {
    for (const session of this.registry.sessions()) {
      guard(this.#onError, () => {
        if (session.active !== undefined && isRefused(session.active.token)) session.close(closing);
      });
    }
  }

  /**
   * Sends every session away, at a pace that lets them come back one after the other elsewhere, or
   * here after a restart.
   *
   * @param within milliseconds it may take
   */
  async drain(within: number): Promise<void> {
    const { clock } = this.#options;
    await closeGradually(this.registry.sessions(), { clock, within, onError: this.#onError });
  }

  /**
   * Sends every session away that is there, to connect again at once to whatever listens by then.
   *
   * @param within milliseconds it may take
   */
  async reconnectAll(within: number): Promise<void> {
    const sessions = this.registry.sessions();
    const { clock } = this.#options;
    const closing = () => comingBack(sessions.length);
    await closeGradually(sessions, { clock, within, onError: this.#onError, closing });
  }

  /** Stops all timers; to be called when no session is left. */
  stop(): void {
    this.#tick.cancel();
  }

  #lookAtTimes(): void {
    const { clock } = this.#options;
    const { hellos, tokenExpiry, heartbeat } = this.#services;
    tokenExpiry.tick();
    if (this.#stallDetector.isRecovering()) return;
    hellos.tick(clock.monotonic(), (session) => {
      session.close({ code: CloseCode.noHello, reason: "No hello in time" });
    });
    heartbeat.tick((session) => this.backpressure.has(session));
  }

  #ended(session: Session, closing: Closing | undefined): void {
    const { hellos, tokenExpiry, heartbeat, handshakeMemory } = this.#services;
    this.registry.remove(session);
    hellos.delete(session);
    tokenExpiry.forget(session);
    heartbeat.forget(session);
    this.backpressure.leave(session);
    handshakeMemory.leave(session);
    for (const subscription of session.active?.subscriptions ?? []) {
      this.#channels.leave(subscription);
    }
    this.#options.sessionEnds.emit({ session, closing });
    session.drop();
    session.clientInfo = undefined;
  }
}

const AT_CAPACITY: Closing = {
  code: CloseCode.atCapacity,
  reason: "As many connections as are allowed are open",
  retryAfterMs: 5_000,
};
