import { countsOf, type Head, newHead } from "../domain/head.ts";
import type { Counts, ItemFlags, Seq } from "../domain/item.ts";
import { countsFor, flagsFor, type Membership } from "../domain/membership.ts";
import { type StreamName, userStream } from "../domain/stream_name.ts";
import type { Heads } from "./heads.ts";
import type { Reader } from "./inbox.ts";
import type { Memberships } from "./memberships.ts";

/** A stream as it is for one user. */
export interface UserStream {
  readonly stream: StreamName;
  readonly head: Head;
  /** Undefined for the user's own. */
  readonly membership: Membership | undefined;
}

/** Reads all streams of a user: the own one first, then the topics. */
export class UserStreams {
  readonly #heads: Heads;
  readonly #memberships: Memberships;

  constructor({ heads, memberships }: { heads: Heads; memberships: Memberships }) {
    this.#heads = heads;
    this.#memberships = memberships;
  }

  /** Empty for a user who was never connected nor sent anything. */
  async of({ user, isInForce }: Reader): Promise<UserStream[]> {
    const stream = userStream(user);
    const head = await this.#heads.read(stream);
    if (head === undefined) return [];
    const memberships = await this.#memberships.of(user, head.topics);
    const topics = await Promise.all(
      [...memberships].filter(([topic, membership]) => isInForce(topic, membership))
        .map(async ([stream, membership]) => {
          // A topic to which nothing was ever sent has no head.
          const head = await this.#heads.read(stream) ?? newHead("", 0);
          return { stream, head, membership };
        }),
    );
    return [{ stream, head, membership: undefined }, ...topics];
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
