import type { TokenVerifier, UserToken } from "../../auth/token_verifier.ts";
import type { Clock } from "../../clock.ts";
import type { Seq } from "../../domain/item.ts";
import { oldestIn } from "../../domain/topic_membership.ts";
import { type StreamName, topicStream } from "../../domain/stream_name.ts";
import type { KvHealth } from "../../kv/health.ts";
import type { UserQuotas } from "../../limits/user_quotas.ts";
import { costOfAudience } from "../../limits/work_cost.ts";
import { authenticate, type Authentication, lookAgain } from "./authenticate.ts";
import type { CatchUp } from "../fanout/catch_up.ts";
import type {
  ClientMessage,
  HelloMessage,
  RefreshMessage,
  RequestMessage,
} from "../../../protocol/messages.ts";
import { CloseCode, internalClosing } from "../protocol/close_code.ts";
import type { Deadlines } from "./deadlines.ts";
import {
  encodeError,
  encodeOk,
  encodeWelcome,
  type WireStream,
} from "../protocol/encode_message.ts";
import { wireName } from "../fanout/encoded_batch.ts";
import type { SubscriptionManager } from "../fanout/subscription_manager.ts";
import type { Heartbeat } from "./heartbeat.ts";
import type { Listener } from "./inbound.ts";
import type { TokenExpiry } from "./token_expiry.ts";
import type { HandshakeMemoryLimit } from "./handshake_memory_limit.ts";
import type { SessionRegistry } from "./session_registry.ts";
import type { Subscription } from "../fanout/subscription.ts";
import { carryOut, type RequestServices } from "./requests.ts";
import type { Session } from "./session.ts";
import type { WireEpochs } from "../protocol/encode_message.ts";
import { hasCode, ServiceError } from "../../errors.ts";
import { closingOf, requestErrorOf } from "../protocol/socket_errors.ts";

/** What all connections of an instance share. */
export interface ConnectionServices extends RequestServices {
  readonly clock: Clock;
  readonly tokens: TokenVerifier;
  /** Whether a token that was good is refused by now. */
  readonly isRevoked: (token: UserToken) => boolean;
  readonly registry: SessionRegistry;
  readonly subscriptions: SubscriptionManager;
  readonly catchUp: CatchUp;
  readonly health: KvHealth;
  readonly heartbeat: Heartbeat;
  /** When sessions have to have said hello; on the monotonic clock. */
  readonly hellos: Deadlines;
  readonly tokenExpiry: TokenExpiry;
  readonly epochs: WireEpochs;
  /** What sessions hold whose token is not checked yet. */
  readonly handshakeMemory: HandshakeMemoryLimit;
  readonly heartbeatMs: number;
  /** How much each user may ask for. */
  readonly quotas: UserQuotas;
  /** Devices here that follow a stream. */
  readonly audienceOf: (stream: StreamName) => number;
  readonly onError: (error: unknown) => void;
}

/** Where a device says that it stands in a stream, by the stream's name in messages. */
export type WireCursors = (
  stream: WireStream,
) => { readonly epoch: string; readonly seq: Seq } | undefined;

const RETRY_AFTER_MS = 2_000;

/** What one client says and is answered, from `hello` on. */
export class Connection implements Listener {
  readonly #session: Session;
  readonly #services: ConnectionServices;
  /** The token that came with the upgrade, being checked or checked. */
  #early: Promise<Authentication> | undefined;
  #greeted = false;

  /** @param given what came with the request: a token that was checked, or one that is to be */
  constructor(
    session: Session,
    services: ConnectionServices,
    given: UserToken | string | undefined,
  ) {
    this.#session = session;
    this.#services = services;
    if (given === undefined) return;
    this.#early = typeof given === "string"
      ? this.#check(given)
      : Promise.resolve({ token: given });
    // A bad token is told at once: no `hello` could make up for it.
    this.#early.then(({ closing }) => {
      if (closing !== undefined) session.close(closing);
    });
  }

  /**
   * Finds out whose device it is, by the token that came with the request or by the one that is given.
   * Closes the session where it may not stay. Never rejects.
   */
  authenticate(jwt: string | undefined): Promise<void> {
    return this.#guard(() => this.#authenticate(jwt));
  }

  /** Carries out one message of a client that was admitted. Never rejects. */
  handle(message: ClientMessage): Promise<void> {
    return this.#guard(() => this.#handle(message));
  }

  /** Begins for a client that can't say hello. Never rejects. */
  begin(cursorOf: WireCursors): Promise<void> {
    return this.#guard(async () => {
      await this.#authenticate(undefined);
      await this.#greet(cursorOf);
    });
  }

  async #guard(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (hasCode(error, "rate_limited")) return this.#session.close(closingOf(error));
      this.#services.onError(error);
      this.#session.close(internalClosing());
    }
  }

  async #handle(message: ClientMessage): Promise<void> {
    if (this.#greeted === (message.type === "hello")) {
      const reason = this.#greeted ? "`hello` was said before" : "The first message is `hello`";
      return this.#session.close({ code: CloseCode.protocolError, reason });
    }
    switch (message.type) {
      case "mark":
      case "subscribe":
      case "unsubscribe":
      case "publish":
        return await this.#request(message);
      case "hello":
        return await this.#hello(message);
      case "refresh":
        return await this.#refresh(message);
      case "pong":
        return this.#services.heartbeat.pong(this.#session);
    }
  }

  #hello({ resume = {} }: HelloMessage): Promise<void> {
    return this.#greet((stream) => resume[stream]);
  }

  #check(jwt: string | undefined): Promise<Authentication> {
    const { clock, tokens, handshakeMemory } = this.#services;
    return handshakeMemory.waitFor(
      this.#session,
      jwt,
      () => authenticate(tokens, jwt, clock.now()),
    );
  }

  async #authenticate(jwt: string | undefined): Promise<void> {
    const {
      isRevoked,
      registry,
      subscriptions,
      quotas,
      tokenExpiry,
      heartbeat,
      hellos,
      handshakeMemory,
    } = this.#services;
    const session = this.#session;
    const admission = await (this.#early ?? this.#check(jwt));
    const { token, closing } = lookAgain(admission, isRevoked);
    this.#early = undefined;
    if (session.isClosed) return;
    if (closing !== undefined) return session.close(closing);
    quotas.connect(token.user);
    hellos.delete(session);
    const hasPlace = await registry.claim(session, token.user);
    if (session.isClosed) return;
    // Revoked while the place was asked for: nobody knew the session for this user's until then.
    const late = lookAgain(admission, isRevoked);
    if (late.closing !== undefined) return session.close(late.closing);
    if (!hasPlace) {
      return session.close({
        code: CloseCode.tooManyConnections,
        reason: "This user has as many connections as are allowed",
      });
    }
    subscriptions.activate(session, token);
    tokenExpiry.watch(session, token);
    handshakeMemory.leave(session);
    heartbeat.watch(session);
  }

  async #greet(cursorOf: WireCursors): Promise<void> {
    const { clock, subscriptions, epochs, heartbeatMs } = this.#services;
    const session = this.#session;
    const { active } = session;
    if (active === undefined || session.isClosed) return;
    this.#greeted = true;
    const opened = await subscriptions.begin(active, (stream) => {
      const given = cursorOf(wireName(stream));
      return given && { epoch: epochs.fromWire(given.epoch), seq: given.seq };
    });
    if (session.isClosed) return;
    const streams = opened.map(({ subscription: { wire, channel }, head }) => {
      const oldest = oldestIn(head, channel.membershipOf(active));
      return [wire, { epoch: epochs.toWire(head.epoch), seq: head.seq, oldest }];
    });
    session.sendMessage(
      encodeWelcome({
        session: session.id,
        user: active.user,
        heartbeatMs,
        expiresAt: new Date(active.token.expiresAt).toISOString(),
        now: new Date(clock.now()).toISOString(),
        streams: Object.fromEntries(streams),
        counts: active.counts,
      }),
    );
    active.isWelcomed = true;
    session.clientInfo = undefined;
    void this.#catchUpWith(opened.map(({ subscription }) => subscription));
    subscriptions.adjust(active);
  }

  /** What is the user's own comes first. */
  async #catchUpWith([own, ...topics]: readonly Subscription[]): Promise<void> {
    const { catchUp } = this.#services;
    if (own !== undefined) await catchUp.start(own);
    for (const topic of topics) {
      if (!topic.isEnded) void catchUp.start(topic);
    }
  }

  async #refresh({ token: jwt, ref }: RefreshMessage): Promise<void> {
    const { clock, tokens, isRevoked } = this.#services;
    const { token, closing } = lookAgain(await authenticate(tokens, jwt, clock.now()), isRevoked);
    const { active } = this.#session;
    if (active === undefined || this.#session.isClosed) return;
    if (token === undefined) {
      const code = closing.code === CloseCode.tokenExpired ? "token_expired" : "unauthorized";
      return this.#session.sendReply(encodeError({ code, message: closing.reason, ref }));
    }
    if (token.user !== active.user) {
      const message = "The new token is another user's";
      return this.#session.sendReply(encodeError({ code: "forbidden", message, ref }));
    }
    active.token = token;
    this.#services.tokenExpiry.watch(this.#session, token);
    this.#services.subscriptions.allow(active);
    if (ref !== undefined) this.#session.sendReply(encodeOk(ref));
  }

  async #request(message: RequestMessage): Promise<void> {
    const { active, encoding } = this.#session;
    if (active === undefined) return;
    const { token } = active;
    const { ref } = message;
    const { quotas, audienceOf } = this.#services;
    try {
      // Nobody has to wait to hear what is known already.
      if (this.#services.health.isAway) {
        throw new ServiceError("unavailable", "The store is away", {
          retryAfterMs: RETRY_AFTER_MS,
        });
      }
      await quotas.run(token.user, async () => {
        // It may have waited for its turn for longer than its connection stood.
        if (!this.#session.isClosed) await carryOut(message, { token, encoding }, this.#services);
      });
      if (message.type === "publish") {
        quotas.add(token.user, costOfAudience(audienceOf(topicStream(message.topic))));
      }
    } catch (error) {
      const refusal = requestErrorOf(error);
      if (refusal === undefined) throw error;
      return this.#session.sendReply(encodeError({ ...refusal, ref }));
    }
    if (ref !== undefined) this.#session.sendReply(encodeOk(ref));
  }
}
