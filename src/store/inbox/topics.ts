import {
  EVERYONE,
  ownerOf,
  type TopicStream,
  type UserId,
  userStream,
} from "../../domain/stream_name.ts";
import { TOPICS_MAX } from "../../domain/intent.ts";
import { headFromRow } from "../head_cache.ts";
import type { Journal } from "../journal/journal.ts";
import { keys } from "../keys.ts";
import type { Kv } from "../../kv/kv.ts";
import { ServiceError } from "../../errors.ts";

/**
 * Joins and leaves topics through the journal, as events on the user's stream. Rejects with `overloaded`
 * and `unavailable`.
 */
export class Topics {
  readonly #kv: Kv;
  readonly #journal: Journal;

  constructor({ kv, journal }: { kv: Kv; journal: Journal }) {
    this.#kv = kv;
    this.#journal = journal;
  }

  /**
   * What is published to the topic from now on reaches the user too; nothing happens to a member. Rejects
   * with `too_many_topics`.
   *
   * @param granted whether a publisher asks for it: then it holds whatever the user's token allows
   */
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
    const { topics: { count } = { count: 0 } } = headFromRow(head).head ?? {};
    if (count >= TOPICS_MAX) {
      throw new ServiceError(
        "too_many_topics",
        `A user may belong to ${TOPICS_MAX} topics; leave one first`,
      );
    }
  }

  /** The topic reaches the user no more; nothing happens to a user who is no member. */
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
      complete: ([seq]) => ({ mutations: [], result: seq !== undefined }),
    });
  }
}
