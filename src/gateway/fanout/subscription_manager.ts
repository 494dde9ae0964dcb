import { isInForce } from "../../auth/patterns.ts";
import type { UserToken } from "../../auth/token_verifier.ts";
import type { Head } from "../../domain/head.ts";
import type { Cursor } from "../../domain/resume.ts";
import type { StreamName, TopicStream } from "../../domain/stream_name.ts";
import { CorruptRecord } from "../../store/codec/bytes.ts";
import type { HeadCache } from "../../store/head_cache.ts";
import { keys } from "../../store/keys.ts";
import type { RowReader } from "../../store/rows.ts";
import type { CatchUp } from "./catch_up.ts";
import type { Channels } from "./channels.ts";
import { internalClosing } from "../protocol/close_code.ts";
import type { StoreRetry } from "../session/store_retry.ts";
import { Active } from "../session/active.ts";
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

  /** Makes a session active: from now on events of the user's own stream reach it. */
  activate(session: Session, token: UserToken): Active {
    const channel = this.#options.channels.openUser(token.user);
    const active = new Active({ session, token, channel, onFellBehind: this.#onFellBehind });
    channel.add(active.own);
    session.activate(active);
    return active;
  }

  /**
   * Subscribes a session to all topics of its user. Nothing is sent yet: the caller has to start the
   * catching up of each stream, and to call {@link SubscriptionManager.adjust} afterwards.
   *
   * @param cursorOf where the device stands in a stream
   * @returns the user's own stream first
   */
  async begin(
    active: Active,
    cursorOf: (stream: StreamName) => Cursor | undefined,
  ): Promise<OpenedSubscription[]> {
    const { own } = active;
    own.cursor = cursorOf(own.channel.stream);
    const head = await this.#open(own);
    if (head === undefined) return [];
    const topics = topicsOf(active).map((topic) =>
      this.#subscribeTopic(active, topic, cursorOf(topic))
    );
    active.topics = topics;
    const heads = await Promise.all(topics.map((subscription) => this.#openTopic(subscription)));
    const opened = topics.flatMap((subscription, i) => {
      const head = heads[i];
      return head === undefined ? [] : [{ subscription, head }];
    });
    return [{ subscription: own, head }, ...opened];
  }

  /**
   * Subscribes a session to what its new token allows. A device that follows less than before is told
   * what the rest counts.
   */
  allow(active: Active): void {
    const before = active.topics;
    this.#follow(active, { joinedWhileConnected: false });
    const { topics } = active;
    if (before.some((topic) => !topics.includes(topic))) active.own.fallBehind();
  }

  /** Subscribes a session to the topics that its user belongs to now, and ends the other subscriptions. */
  adjust(active: Active): void {
    this.#follow(active, { joinedWhileConnected: true });
  }

  /** @param options `joinedWhileConnected`: the user has just joined the topics that are new here */
  #follow(active: Active, { joinedWhileConnected }: { joinedWhileConnected: boolean }): void {
    if (!active.isWelcomed || active.session.isClosed) return;
    const topics = topicsOf(active);
    const wanted = new Set<StreamName>(topics);
    const left = active.topics.filter(({ channel }) => !wanted.delete(channel.stream));
    if (left.length === 0 && wanted.size === 0) return;
    const joined = topics.filter((topic) => wanted.has(topic))
      .map((topic) => this.#subscribeTopic(active, topic, undefined));
    active.topics = [...active.topics.filter((topic) => !left.includes(topic)), ...joined];
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
      subscription.session.close(internalClosing());
    }
  }

  /** Joins the channel before anything is read, so that each event is read, delivered, or both. */
  #subscribeTopic(active: Active, topic: TopicStream, cursor: Cursor | undefined): Subscription {
    const channel = this.#options.channels.openTopic(topic);
    const onFellBehind = this.#onFellBehind;
    const subscription = new Subscription({ active, channel, cursor, onFellBehind });
    channel.add(subscription);
    return subscription;
  }

  /** A topic whose head cannot be read is left out: its members get what else there is. */
  async #openTopic(subscription: Subscription): Promise<Head | undefined> {
    const { channels, rows } = this.#options;
    const { active, channel } = subscription;
    try {
      return await this.#open(subscription);
    } catch (error) {
      if (!(error instanceof CorruptRecord)) throw error;
      rows.unreadable({ key: keys.head(channel.stream) }, error);
      active.topics = active.topics.filter((topic) => topic !== subscription);
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
function topicsOf({ userState, token }: Active): TopicStream[] {
  return [...userState.memberships]
    .filter(([topic, membership]) => isInForce(topic, membership, token))
    .map(([topic]) => topic);
}
