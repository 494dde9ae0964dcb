import type { Counts } from "../../domain/item.ts";
import type { TopicMembership } from "../../domain/topic_membership.ts";
import type { TopicStream, UserId } from "../../domain/stream_name.ts";
import type { Reading } from "../../limits/work_cost.ts";

export type InboxStatus = "active" | "unread" | "archived" | "all";

/** Whose inbox it is, and which of the user's memberships count for who asks. */
export interface Reader {
  readonly user: UserId;
  readonly isInForce: (topic: TopicStream, membership: TopicMembership) => boolean;
}

export interface InboxQuery {
  readonly status: InboxStatus;
  readonly category?: string;
  /** Only this topic. */
  readonly topic?: string;
  /** 1–100 */
  readonly limit: number;
  /** The `next` of an earlier page. */
  readonly cursor?: string;
}

export interface InboxPage {
  /** Each is one item as JSON text, flags, `stream` and `seq` included; newest first. */
  readonly items: readonly string[];
  readonly counts: Counts;
  /** Absent on the last page. A page may hold fewer items than asked for, and yet not be the last. */
  readonly next?: string;
  /** What was read for it. */
  readonly read: Reading;
}

/** A user's totals, and what was read for them. */
export interface InboxCounts {
  readonly counts: Counts;
  readonly read: Reading;
}

/** Reads a user's inbox: the user's own stream and the topics. Rejects with `Unavailable`. */
export interface Inbox {
  /** Rejects with `InvalidCursor`, and `NotAMember` for a topic that the user does not belong to. */
  list(reader: Reader, query: InboxQuery): Promise<InboxPage>;
  counts(reader: Reader): Promise<InboxCounts>;
}
