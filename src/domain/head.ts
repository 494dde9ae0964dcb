import { type ChangeLog, EMPTY_CHANGE_LOG } from "./change_log.ts";
import type { Counts, Seq } from "./item.ts";
import { LiveItems } from "./live_items.ts";

/** The first event that was numbered on a day; retention works by whole days. */
export interface DayMark {
  /** Days since 1970-01-01 UTC. */
  readonly day: number;
  readonly first: Seq;
}

/**
 * The one mutable record of a stream. What it lists exists; a row that it does not list is gone,
 * whether or not it has been deleted yet.
 */
export interface Head {
  /** Names this incarnation of the stream; a stream that is made anew gets another. */
  readonly epoch: string;
  /** The number of the newest event; 0 before the first. */
  readonly seq: Seq;
  readonly changes: ChangeLog;
  readonly live: LiveItems;
  /** Items up to here have been seen. */
  readonly seenUpTo: Seq;
  /** Ascending; the first says how far back the stream reaches. */
  readonly days: readonly DayMark[];
  /** Rows of changes up to here have been deleted. */
  readonly swept: Seq;
  /** Rows of items that are no longer live and still have to be deleted, about. */
  readonly dead: number;
  /** A user's topics; of a topic's own stream it says nothing. */
  readonly topics: TopicsOfUser;
  /** Ids of the instances that have a device of this stream. */
  readonly routes: readonly string[];
}

/** What a user's head says of memberships; they are rows of their own. */
export interface TopicsOfUser {
  /** The newest event of `everyone` when this stream was made: later ones are for this user. */
  readonly everyoneFrom: Seq;
  /** Topics that the user has joined. */
  readonly count: number;
  /** The event that changed a membership, or a mark on a topic, last; 0 where there was none. */
  readonly changedAt: Seq;
}

/**
 * The head of a stream that is made now.
 *
 * @param everyoneFrom for a user's stream the newest event of `everyone`
 */
export function newHead(epoch: string, everyoneFrom: Seq): Head {
  return {
    epoch,
    seq: 0,
    changes: EMPTY_CHANGE_LOG,
    live: LiveItems.EMPTY,
    seenUpTo: 0,
    days: [],
    swept: 0,
    dead: 0,
    topics: { everyoneFrom, count: 0, changedAt: 0 },
    routes: [],
  };
}

/** Counts of the stream as it stands. */
export function countsOf(head: Head): Counts {
  return { unread: head.live.unread, unseen: head.live.unseen(head.seenUpTo) };
}

/** The number of the oldest live item; where there is none, of the next event. */
export function oldestOf(head: Head): Seq {
  return head.live.oldest ?? head.seq + 1;
}
