import type { TopicsOfUser } from "../../domain/head.ts";
import type { Seq } from "../../domain/item.ts";
import { newMembership, type TopicMembership } from "../../domain/topic_membership.ts";
import { EVERYONE, type TopicStream, topicStream, type UserId } from "../../domain/stream_name.ts";
import { decodeMembership } from "../codec/membership_codec.ts";
import { ranges } from "../keys.ts";
import type { Kv } from "../../kv/kv.ts";
import type { RowReader } from "../rows.ts";

/** A user's memberships by topic. */
export type MembershipsOfUser = ReadonlyMap<TopicStream, TopicMembership>;

const NO_ROWS: MembershipsOfUser = new Map();
/** More than a user may have. */
const ROWS_MAX = 200;

/** Reads which topics users have joined, and what they have made of the topics' items. */
export class Memberships {
  readonly #kv: Kv;
  readonly #rows: RowReader;

  constructor(kv: Kv, rows: RowReader) {
    this.#kv = kv;
    this.#rows = rows;
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

  /**
   * Those that are stored: that in `everyone` is only where the user has marked something. One that
   * cannot be read is left out: the user does not belong to that topic until the user joins it again.
   */
  async rows(user: UserId): Promise<MembershipsOfUser> {
    const memberships = new Map<TopicStream, TopicMembership>();
    for (const row of await this.#kv.list(ranges.subs(user), { limit: ROWS_MAX })) {
      const membership = this.#rows.read(row, () => decodeMembership(row.value));
      if (membership !== undefined) memberships.set(topicStream(String(row.key[2])), membership);
    }
    return memberships;
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
