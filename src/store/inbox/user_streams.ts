import { countsOf, type Head, newHead } from "../../domain/head.ts";
import type { Counts, ItemFlags, Seq } from "../../domain/item.ts";
import { countsFor, flagsFor, type TopicMembership } from "../../domain/topic_membership.ts";
import { type StreamName, userStream } from "../../domain/stream_name.ts";
import type { HeadCache } from "../head_cache.ts";
import type { Reader } from "./inbox.ts";
import { keys } from "../keys.ts";
import type { Memberships } from "./memberships.ts";
import { CorruptRecord } from "../codec/bytes.ts";
import type { RowReader } from "../rows.ts";

/** A stream as it is for one user. */
export interface UserStream {
  readonly stream: StreamName;
  readonly head: Head;
  /** Undefined for the user's own. */
  readonly membership: TopicMembership | undefined;
}

/** Reads all streams of a user: the own one first, then the topics. */
export class UserStreams {
  readonly #heads: HeadCache;
  readonly #memberships: Memberships;
  readonly #rows: RowReader;

  constructor(
    { heads, memberships, rows }: { heads: HeadCache; memberships: Memberships; rows: RowReader },
  ) {
    this.#heads = heads;
    this.#memberships = memberships;
    this.#rows = rows;
  }

  /**
   * Empty for a user who was never connected nor sent anything. A topic whose head cannot be read is
   * left out, so that its members still get the rest.
   *
   * @param wanted the topic that is asked for: it is an error where it cannot be read
   */
  async of({ user, isInForce }: Reader, wanted?: StreamName): Promise<UserStream[]> {
    const stream = userStream(user);
    const head = await this.#heads.read(stream);
    if (head === undefined) return [];
    const memberships = await this.#memberships.of(user, head.topics);
    const topics = await Promise.all(
      [...memberships].filter(([topic, membership]) => isInForce(topic, membership))
        .map(async ([stream, membership]): Promise<UserStream[]> => {
          try {
            // A topic to which nothing was ever sent has no head.
            const head = await this.#heads.read(stream) ?? newHead("", 0);
            return [{ stream, head, membership }];
          } catch (error) {
            if (!(error instanceof CorruptRecord) || stream === wanted) throw error;
            this.#rows.unreadable({ key: keys.head(stream) }, error);
            return [];
          }
        }),
    );
    return [{ stream, head, membership: undefined }, ...topics.flat()];
  }
}

/** What a stream counts for its user. */
export function countsIn({ head, membership }: UserStream): Counts {
  return membership === undefined ? countsOf(head) : countsFor(head.live, membership);
}

/** A user's totals over streams. */
export function totalOf(streams: readonly UserStream[]): Counts {
  const counts = streams.map(countsIn);
  return {
    unread: counts.reduce((sum, { unread }) => sum + unread, 0),
    unseen: counts.reduce((sum, { unseen }) => sum + unseen, 0),
  };
}

/** The flags of a live item; undefined where it is not there for the user. */
export function flagsIn({ head, membership }: UserStream, seq: Seq): ItemFlags | undefined {
  return membership === undefined ? head.live.flags(seq, head.seenUpTo) : flagsFor(membership, seq);
}
