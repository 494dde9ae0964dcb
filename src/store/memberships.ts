import type { TopicsOfUser } from "../domain/head.ts";
import type { Seq } from "../domain/item.ts";
import { type Membership, newMembership } from "../domain/membership.ts";
import { EVERYONE, type TopicStream, topicStream, type UserId } from "../domain/stream_name.ts";
import { decodeMembership } from "./codec/membership_codec.ts";
import { ranges } from "./keys.ts";
import type { Kv } from "./kv.ts";

/** A user's memberships by topic. */
export type MembershipsOfUser = ReadonlyMap<TopicStream, Membership>;

const NO_ROWS: MembershipsOfUser = new Map();
/** More than a user may have. */
const ROWS_MAX = 200;

/** Reads which topics users have joined, and what they have made of the topics' items. */
export class Memberships {
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** All of them, `everyone` included. @param topics what the head of the user's stream says of them */
  async of(
    user: UserId,
    { changedAt, everyoneFrom }: TopicsOfUser,
  ): Promise<MembershipsOfUser> {
    const rows = changedAt === 0 ? NO_ROWS : await this.rows(user);
    return rows.size === 0
      ? onlyEveryone(everyoneFrom)
      : new Map([[EVERYONE, newMembership(everyoneFrom, true)], ...rows]);
  }

  /** Those that are stored: that in `everyone` is only where the user has marked something. */
  async rows(user: UserId): Promise<MembershipsOfUser> {
    const rows = await this.#kv.list(ranges.subs(user), { limit: ROWS_MAX });
    return new Map(
      rows.map(({ key, value }) => [topicStream(key[2] as string), decodeMembership(value)]),
    );
  }
}

/** Most users belong to nothing else, many of them since the same event: these share what says so. */
let lastOfEveryone = { from: 0, memberships: everyoneFrom(0) };

function onlyEveryone(from: Seq): MembershipsOfUser {
  if (lastOfEveryone.from !== from) lastOfEveryone = { from, memberships: everyoneFrom(from) };
  return lastOfEveryone.memberships;
}

function everyoneFrom(from: Seq): MembershipsOfUser {
  return new Map([[EVERYONE, newMembership(from, true)]]);
}
