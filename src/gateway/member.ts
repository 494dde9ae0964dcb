import { countsOf, type Head, type TopicsOfUser } from "../domain/head.ts";
import type { ChangeEvent } from "../domain/event.ts";
import type { Counts, Seq } from "../domain/item.ts";
import {
  applyMark,
  forgetMarksBelow,
  isMark,
  type Membership,
  newMembership,
} from "../domain/membership.ts";
import { EVERYONE, type StreamName, type TopicStream, userStream } from "../domain/stream_name.ts";
import type { UserId } from "../domain/stream_name.ts";
import type { Heads } from "../store/heads.ts";
import type { Memberships } from "../store/memberships.ts";
import type { Delivery } from "./delivery.ts";

const NONE: Counts = { unread: 0, unseen: 0 };

/**
 * A user with a device here: what the user's own stream counts, and the user's memberships. Both follow
 * the events of the user's stream; where some are missing it waits for the next head.
 */
export class Member {
  readonly user: UserId;
  readonly #heads: Heads;
  readonly #rows: Memberships;
  readonly #oldest: (topic: TopicStream) => Seq;
  readonly #moved: (member: Member) => void;
  #epoch = "";
  #seq = 0;
  #own = NONE;
  #memberships = new Map<TopicStream, Membership>();

  /**
   * @param options `oldest`: below it a topic has no items any more; `moved` hears when the user may
   * belong to other topics than before
   */
  constructor(
    { user, heads, memberships, oldest, moved }: {
      user: UserId;
      heads: Heads;
      memberships: Memberships;
      oldest: (topic: TopicStream) => Seq;
      moved: (member: Member) => void;
    },
  ) {
    this.user = user;
    this.#heads = heads;
    this.#rows = memberships;
    this.#oldest = oldest;
    this.#moved = moved;
  }

  /** What the user's own stream counts. */
  get own(): Counts {
    return this.#own;
  }

  /** Topics with the user's part in them, `everyone` included. */
  get memberships(): ReadonlyMap<TopicStream, Membership> {
    return this.#memberships;
  }

  /** Takes in the head of the user's stream, which was read; resolves when memberships are as new. */
  async see(head: Head): Promise<void> {
    const stream: StreamName = userStream(this.user);
    for (let now: Head | undefined = head; now !== undefined;) {
      if (this.#knows(now)) return;
      if (now.epoch === this.#epoch && now.topics.changedAt <= this.#seq) {
        this.#seq = now.seq;
        this.#own = countsOf(now);
        return;
      }
      const { changedAt, everyoneFrom }: TopicsOfUser = now.topics;
      const rows = changedAt === 0 ? [] : await this.#rows.of(this.user);
      const after: Head | undefined = changedAt === 0 ? now : await this.#heads.read(stream);
      // What was read belongs to this head only where nothing has changed meanwhile.
      if (after?.epoch === now.epoch && after.topics.changedAt === changedAt) {
        if (this.#knows(now)) return;
        this.#epoch = now.epoch;
        this.#seq = now.seq;
        this.#own = countsOf(now);
        this.#memberships = new Map([[EVERYONE, newMembership(everyoneFrom, true)], ...rows]);
        return this.#moved(this);
      }
      now = after;
    }
  }

  #knows({ epoch, seq }: Head): boolean {
    return epoch === this.#epoch && seq <= this.#seq;
  }

  hear({ epoch, first, events }: Delivery): void {
    if (epoch !== this.#epoch || first > this.#seq + 1) return;
    for (const event of events) {
      if (event.seq <= this.#seq) continue;
      this.#seq = event.seq;
      this.#own = event.counts;
      if (event.kind === "change") this.#apply(event);
    }
  }

  #apply({ change }: ChangeEvent): void {
    const { target } = change;
    if (target === undefined) return;
    const membership = this.#memberships.get(target);
    if (change.op === "join" && "upTo" in change) {
      const granted = change.granted === true;
      const joined = membership === undefined
        ? newMembership(change.upTo, granted)
        : { ...membership, granted };
      this.#memberships.set(target, joined);
      this.#moved(this);
    } else if (change.op === "leave") {
      this.#memberships.delete(target);
      this.#moved(this);
    } else if (membership !== undefined && isMark(change)) {
      const marked = applyMark(membership, change);
      this.#memberships.set(target, forgetMarksBelow(marked, this.#oldest(target)));
    }
  }
}
