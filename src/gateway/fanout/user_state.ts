import { countsOf, type Head } from "../../domain/head.ts";
import type { ChangeEvent } from "../../domain/event.ts";
import type { Counts, Seq } from "../../domain/item.ts";
import {
  applyMark,
  forgetMarksBelow,
  isMark,
  newMembership,
  type TopicMembership,
} from "../../domain/topic_membership.ts";
import { type StreamName, type TopicStream, userStream } from "../../domain/stream_name.ts";
import type { UserId } from "../../domain/stream_name.ts";
import type { HeadCache } from "../../store/head_cache.ts";
import type { Memberships, MembershipsOfUser } from "../../store/inbox/memberships.ts";
import type { EncodedBatch } from "./encoded_batch.ts";

const NONE: Counts = { unread: 0, unseen: 0 };

/** What all user states of an instance share. */
export interface UserStateServices {
  readonly heads: HeadCache;
  readonly memberships: Memberships;
  /** Below it a topic has no items any more. */
  readonly oldest: (topic: TopicStream) => Seq;
  /** Hears when the user may belong to other topics than before. */
  readonly moved: (user: UserState) => void;
}

/**
 * A user with a device here: what the user's own stream counts, and the user's memberships. Both follow
 * the events of the user's stream; where some are missing it waits for the next head.
 */
export class UserState {
  readonly user: UserId;
  readonly #services: UserStateServices;
  #epoch = "";
  #seq = 0;
  #own = NONE;
  #memberships: MembershipsOfUser = new Map();
  #version = 0;

  constructor(user: UserId, services: UserStateServices) {
    this.user = user;
    this.#services = services;
  }

  /** Grows whenever what is known here changes. */
  get version(): number {
    return this.#version;
  }

  /** What the user's own stream counts now. */
  get ownCounts(): Counts {
    return this.#own;
  }

  /** Topics with the user's part in them, `everyone` included. */
  get memberships(): MembershipsOfUser {
    return this.#memberships;
  }

  /** Takes in the head of the user's stream, which was read; resolves when memberships are as new. */
  async applyHead(head: Head): Promise<void> {
    const stream: StreamName = userStream(this.user);
    for (let now: Head | undefined = head; now !== undefined;) {
      if (this.#knows(now)) return;
      if (now.epoch === this.#epoch && now.topics.changedAt <= this.#seq) {
        this.#take(now);
        return;
      }
      const { topics }: Head = now;
      const memberships = await this.#services.memberships.of(this.user, topics);
      const after: Head | undefined = topics.changedAt === 0
        ? now
        : await this.#services.heads.read(stream);
      // What was read belongs to this head only where nothing has changed meanwhile.
      if (after?.epoch === now.epoch && after.topics.changedAt === topics.changedAt) {
        if (this.#knows(now)) return;
        this.#take(now);
        this.#memberships = memberships;
        return this.#services.moved(this);
      }
      now = after;
    }
  }

  #take(head: Head): void {
    this.#epoch = head.epoch;
    this.#seq = head.seq;
    this.#own = countsOf(head);
    this.#version++;
  }

  /** What is known may be out of date, until the head of the user's stream is read again. */
  invalidate(): void {
    this.#epoch = "";
    this.#seq = 0;
    this.#version++;
  }

  #knows({ epoch, seq }: Head): boolean {
    return epoch === this.#epoch && seq <= this.#seq;
  }

  applyBatch({ epoch, first, events }: EncodedBatch): void {
    if (epoch !== this.#epoch || first > this.#seq + 1) return;
    this.#version++;
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
      this.#set(target, joined);
      this.#services.moved(this);
    } else if (change.op === "leave") {
      this.#memberships = new Map([...this.#memberships].filter(([topic]) => topic !== target));
      this.#services.moved(this);
    } else if (membership !== undefined && isMark(change)) {
      const marked = applyMark(membership, change);
      this.#set(target, forgetMarksBelow(marked, this.#services.oldest(target)));
    }
  }

  #set(topic: TopicStream, membership: TopicMembership): void {
    this.#memberships = new Map([...this.#memberships, [topic, membership]]);
  }
}
