import type { Membership } from "../domain/membership.ts";
import { type TopicStream, topicStream, type UserId } from "../domain/stream_name.ts";
import { decodeMembership } from "./codec/membership_codec.ts";
import { ranges } from "./keys.ts";
import type { Kv } from "./kv.ts";

/** A user's memberships by topic; that in `everyone` is only there where the user has marked something. */
export type MembershipsOfUser = ReadonlyMap<TopicStream, Membership>;

/** More than a user may have. */
const ROWS_MAX = 200;

/** Reads which topics users have joined, and what they have made of the topics' items. */
export class Memberships {
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  async of(user: UserId): Promise<MembershipsOfUser> {
    const rows = await this.#kv.list(ranges.subs(user), { limit: ROWS_MAX });
    return new Map(
      rows.map(({ key, value }) => [topicStream(key[2] as string), decodeMembership(value)]),
    );
  }
}
