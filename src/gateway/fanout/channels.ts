import {
  isTopic,
  ownerOf,
  type StreamName,
  type TopicStream,
  type UserId,
} from "../../domain/stream_name.ts";
import type { Channel, ChannelOptions } from "./channel.ts";
import type { Subscription } from "./subscription.ts";
import { TopicChannel } from "./topic_channel.ts";
import { UserChannel } from "./user_channel.ts";
import { UserState, type UserStateServices } from "./user_state.ts";

export interface ChannelsOptions extends ChannelOptions, Omit<UserStateServices, "oldest"> {
  /** Hears of each stream whose last device went. */
  readonly onClose: (stream: StreamName) => void;
}

/** The channels of all streams that have a device here. */
export class Channels {
  readonly #users = new Map<UserId, UserChannel>();
  readonly #topics = new Map<TopicStream, TopicChannel>();
  readonly #options: ChannelsOptions;
  readonly #userServices: UserStateServices;

  constructor(options: ChannelsOptions) {
    this.#options = options;
    const { heads, memberships, moved } = options;
    const oldest = (topic: TopicStream) => this.#topics.get(topic)?.oldest ?? 0;
    this.#userServices = { heads, memberships, moved, oldest };
  }

  streams(): StreamName[] {
    return [...this.#users.values(), ...this.#topics.values()].map(({ stream }) => stream);
  }

  get(stream: StreamName): Channel | undefined {
    return isTopic(stream) ? this.#topics.get(stream) : this.#users.get(ownerOf(stream));
  }

  /** The channel of a user's own stream, which is made for the user's first device. */
  openUser(user: UserId): UserChannel {
    let channel = this.#users.get(user);
    if (channel === undefined) {
      channel = new UserChannel(new UserState(user, this.#userServices), this.#options);
      this.#users.set(user, channel);
    }
    return channel;
  }

  /** The channel of a topic, which is made for the topic's first device. */
  openTopic(topic: TopicStream): TopicChannel {
    let channel = this.#topics.get(topic);
    if (channel === undefined) {
      channel = new TopicChannel(topic, this.#options);
      this.#topics.set(topic, channel);
    }
    return channel;
  }

  /** Ends a subscription. Its channel goes with its last one. */
  leave(subscription: Subscription): void {
    const { channel } = subscription;
    const { stream } = channel;
    channel.remove(subscription);
    subscription.end();
    if (!channel.isEmpty || this.get(stream) !== channel) return;
    if (isTopic(stream)) this.#topics.delete(stream);
    else this.#users.delete(ownerOf(stream));
    this.#options.onClose(stream);
  }
}
