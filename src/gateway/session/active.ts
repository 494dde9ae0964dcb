import type { UserToken } from "../../auth/token_verifier.ts";
import type { Counts } from "../../domain/item.ts";
import type { StreamName, UserId } from "../../domain/stream_name.ts";
import { type PackedCounts, unpackCounts } from "../fanout/packed_counts.ts";
import { Subscription } from "../fanout/subscription.ts";
import type { UserChannel } from "../fanout/user_channel.ts";
import type { UserState } from "../fanout/user_state.ts";
import type { Session } from "./session.ts";

/** What a session is once its token was found good: it has a user, and follows the user's streams. */
export class Active {
  readonly phase = "active";
  readonly session: Session;
  readonly userState: UserState;
  /** The subscription to the user's own stream. */
  readonly own: Subscription;
  /** What the session may see; a refresh replaces it by another token of the same user. */
  token: UserToken;
  /** Whether the client was told which streams it follows; only then may they change. */
  isWelcomed = false;
  #topics: readonly Subscription[] = [];

  constructor({ session, token, channel, onFellBehind }: {
    session: Session;
    token: UserToken;
    channel: UserChannel;
    onFellBehind: (subscription: Subscription) => void;
  }) {
    this.session = session;
    this.token = token;
    this.userState = channel.state;
    this.own = new Subscription({ active: this, channel, cursor: undefined, onFellBehind });
  }

  get user(): UserId {
    return this.token.user;
  }

  /** The subscriptions to the user's topics. */
  get topics(): readonly Subscription[] {
    return this.#topics;
  }

  set topics(topics: readonly Subscription[]) {
    this.#topics = topics;
    for (const subscription of this.subscriptions) subscription.invalidateCounts();
  }

  get subscriptions(): readonly Subscription[] {
    return [this.own, ...this.#topics];
  }

  /** The user's totals over all streams that the session follows. */
  get counts(): Counts {
    return unpackCounts(this.countsExcept(undefined));
  }

  /** The same without one stream. */
  countsExcept(left: Subscription | undefined): PackedCounts {
    let counts = this.own === left ? 0 : this.own.counts;
    for (const topic of this.#topics) if (topic !== left) counts += topic.counts;
    return counts;
  }

  /**
   * Grows whenever these counts, or the user's membership, may have changed; as long as the topics stay.
   */
  countsVersionExcept(left: Subscription): number {
    let { version } = this.userState;
    for (const topic of this.#topics) if (topic !== left) version += topic.channel.version;
    return version;
  }

  /**
   * The client forgets a topic when it reads that the user has left it. That may be long ago: where the
   * user has come back since, the client gets the topic anew.
   */
  restartTopic(topic: StreamName | undefined): void {
    for (const subscription of this.#topics) {
      if (subscription.channel.stream === topic) subscription.restart();
    }
  }
}
