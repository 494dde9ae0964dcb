import { isInForce } from "../../auth/patterns.ts";
import type { UserToken } from "../../auth/token_verifier.ts";
import type { Head } from "../../domain/head.ts";
import type { Cursor } from "../../domain/resume.ts";
import { type StreamName, type TopicStream, userStream } from "../../domain/stream_name.ts";
import { CorruptRecord } from "../../store/codec/bytes.ts";
import type { HeadCache } from "../../store/head_cache.ts";
import { keys } from "../../store/keys.ts";
import type { RowReader } from "../../store/rows.ts";
import type { CatchUp } from "./catch_up.ts";
import type { Channels } from "./channel.ts";
import { CloseCode } from "../protocol/close_code.ts";
import { wireName } from "./encoded_batch.ts";
import type { UserState } from "./user_state.ts";
import type { StoreRetry } from "../session/store_retry.ts";
import type { Session } from "../session/session.ts";
import { Subscription } from "./subscription.ts";

export interface SubscriptionManagerOptions {
  readonly channels: Channels;
  readonly heads: HeadCache;
  /** Has the stream made where there is none, and its events come here. */
  readonly joinStream: (stream: StreamName) => Promise<void>;
  readonly catchUp: CatchUp;
  readonly storeRetry: StoreRetry;
  readonly rows: RowReader;
  readonly onError: (error: unknown) => void;
}

const RETRY_AFTER_MS = 2_000;

/** A stream that a session follows, and its head as it was read after events came here. */
export interface OpenedSubscription {
  readonly subscription: Subscription;
  readonly head: Head;
}

/**
 * Which streams sessions follow: the user's own, and the topics that the user belongs to, as long as the
 * session's token does not stand in the way.
 */
export class SubscriptionManager {
  readonly #options: SubscriptionManagerOptions;
  readonly #onFellBehind: (subscription: Subscription) => void;

  constructor(options: SubscriptionManagerOptions) {
    this.#options = options;
    this.#onFellBehind = (subscription) => void options.catchUp.start(subscription);
  }

  /**
   * Has a session follow all that its user belongs to. Nothing is sent yet: the caller has to begin with
   * each stream's catching up, and to call {@link SubscriptionManager.adjust} afterwards.
   *
   * @param cursorOf where the device stands in a stream
   * @returns the user's own stream first
   */
  async begin(
    session: Session,
    token: UserToken,
    cursorOf: (stream: StreamName) => Cursor | undefined,
  ): Promise<OpenedSubscription[]> {
    const stream = userStream(token.user);
    const own = session.own = this.#subscribe(session, stream, cursorOf(stream));
    const member = session.member = own.channel.state as UserState;
    const head = await this.#open(own);
    if (head === undefined) return [];
    const topics = topicsOf(member, token).map((topic) =>
      this.#subscribe(session, topic, cursorOf(topic))
    );
    session.topics = topics;
    const heads = await Promise.all(topics.map((subscription) => this.#openTopic(subscription)));
    const followed = topics.flatMap((subscription, i) => {
      const head = heads[i];
      return head === undefined ? [] : [{ subscription, head }];
    });
    return [{ subscription: own, head }, ...followed];
  }

  /**
   * Has a session follow what its token allows now. A device that follows less than before is told what
   * the rest counts.
   */
  allow(session: Session): void {
    const before = session.topics;
    this.#follow(session, { joinedWhileConnected: false });
    const { topics } = session;
    if (before.some((topic) => !topics.includes(topic))) session.own?.fallBehind();
  }

  /** Has a session follow what its user belongs to now, and nothing else. */
  adjust(session: Session): void {
    this.#follow(session, { joinedWhileConnected: true });
  }

  /** @param joinedWhileConnected of the topics that it did not follow: the user has joined them just now */
  #follow(session: Session, { joinedWhileConnected }: { joinedWhileConnected: boolean }): void {
    const { member, token } = session;
    if (member === undefined || token === undefined) return;
    if (!session.isWelcomed || session.isClosed) return;
    const wanted = new Set<StreamName>(topicsOf(member, token));
    const left = session.topics.filter(({ channel }) => !wanted.delete(channel.stream));
    if (left.length === 0 && wanted.size === 0) return;
    const joined = Array.from(wanted, (stream) => this.#subscribe(session, stream, undefined));
    session.topics = [...session.topics.filter((topic) => !left.includes(topic)), ...joined];
    for (const subscription of left) this.#options.channels.leave(subscription);
    for (const subscription of joined) {
      subscription.joinedWhileConnected = joinedWhileConnected;
      void this.#join(subscription);
    }
  }

  async #join(subscription: Subscription): Promise<void> {
    try {
      const head = await this.#openTopic(subscription);
      if (head !== undefined) void this.#options.catchUp.start(subscription);
    } catch (error) {
      this.#options.onError(error);
      subscription.session.close({
        code: CloseCode.internal,
        reason: "Something went wrong here",
        retryAfterMs: RETRY_AFTER_MS + Math.random() * RETRY_AFTER_MS,
      });
    }
  }

  /** It is in its channel before anything is read, so that an event is read or delivered, or both. */
  #subscribe(session: Session, stream: StreamName, cursor: Cursor | undefined): Subscription {
    const { channels } = this.#options;
    const subscription = new Subscription({
      session,
      channel: channels.open(stream),
      wire: wireName(stream),
      cursor,
      onFellBehind: this.#onFellBehind,
    });
    subscription.channel.add(subscription);
    return subscription;
  }

  /** A topic whose head cannot be read is left out: its members get what else there is. */
  async #openTopic(subscription: Subscription): Promise<Head | undefined> {
    const { channels, rows } = this.#options;
    const { session, channel } = subscription;
    try {
      return await this.#open(subscription);
    } catch (error) {
      if (!(error instanceof CorruptRecord)) throw error;
      rows.unreadable({ key: keys.head(channel.stream) }, error);
      session.topics = session.topics.filter((topic) => topic !== subscription);
      channels.leave(subscription);
      return undefined;
    }
  }

  /** The stream's head, read after its events come here; undefined once there is nobody to tell. */
  async #open(subscription: Subscription): Promise<Head | undefined> {
    const { heads, joinStream, storeRetry } = this.#options;
    const { channel, session } = subscription;
    while (!subscription.isEnded) {
      const head = await storeRetry.retryWhileStoreDown(session, async () => {
        await joinStream(channel.stream);
        const head = await heads.read(channel.stream);
        if (head !== undefined) await channel.applyHead(head);
        return head;
      });
      // None: it was erased right then, or the session has ended.
      if (head !== undefined && !subscription.isEnded) return head;
    }
    return undefined;
  }
}

/** The topics whose events a user's device gets with a token. */
function topicsOf(member: UserState, token: UserToken): TopicStream[] {
  return [...member.memberships]
    .filter(([topic, membership]) => isInForce(topic, membership, token))
    .map(([topic]) => topic);
}
