import {
  EVERYONE,
  ownerOf,
  type TopicStream,
  type UserId,
  userStream,
} from "../../domain/stream_name.ts";
import { TOPICS_MAX } from "../../domain/intent.ts";
import { TooManyTopics } from "../errors.ts";
import { knownFrom } from "../heads.ts";
import type { Journal } from "../journal/journal.ts";
import { keys } from "../keys.ts";
import type { Kv } from "../../kv/kv.ts";

/** Has users join topics and leave them. Each rejects with `Overloaded` and `Unavailable`. */
export interface Topics {
  /**
   * What is published to the topic from now on is the user's too; nothing happens to a member.
   *
   * Rejects with `TooManyTopics`.
   *
   * @param granted whether a publisher wants it: then it holds whatever the user's token allows
   */
  join(user: UserId, topic: TopicStream, granted: boolean): Promise<void>;
  /** The topic is none of the user's business any more; nothing happens to who is not a member. */
  leave(user: UserId, topic: TopicStream): Promise<void>;
}

/** Joins and leaves through the journal, as events on the user's stream. */
export class KvTopics implements Topics {
  readonly #kv: Kv;
  readonly #journal: Journal;

  constructor({ kv, journal }: { kv: Kv; journal: Journal }) {
    this.#kv = kv;
    this.#journal = journal;
  }

  async join(user: UserId, topic: TopicStream, granted: boolean): Promise<void> {
    // Nobody has to join it; the stream that says so has to be there, though.
    const hasJoined = await this.#append(user, { kind: "join", topic, granted });
    if (hasJoined || topic === EVERYONE) return;
    const [sub, head] = await this.#kv.getMany([
      keys.sub(user, ownerOf(topic)),
      keys.head(userStream(user)),
    ]);
    if (sub?.value !== null || head === undefined) return;
    // Where there is room the user was a member, and has left since.
    const { topics: { count } = { count: 0 } } = knownFrom(head).head ?? {};
    if (count >= TOPICS_MAX) throw new TooManyTopics(TOPICS_MAX);
  }

  async leave(user: UserId, topic: TopicStream): Promise<void> {
    await this.#append(user, { kind: "leave", topic });
  }

  #append(
    user: UserId,
    intent:
      | { readonly kind: "join"; readonly topic: TopicStream; readonly granted: boolean }
      | { readonly kind: "leave"; readonly topic: TopicStream },
  ): Promise<boolean> {
    return this.#journal.append({
      parts: [{ stream: userStream(user), intent }],
      settle: ([seq]) => ({ mutations: [], result: seq !== undefined }),
    });
  }
}
