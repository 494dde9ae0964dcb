import { ascending, type Counts, type ItemFlags, type Seq } from "./item.ts";
import type { Change, ChangeScope, MarkOp } from "./event.ts";
import { type Head, oldestOf } from "./head.ts";
import type { LiveItems } from "./live_items.ts";
import {
  ARCHIVED,
  changeItems,
  changeRange,
  DELETED,
  flagsAt,
  type Marks,
  READ,
  tidyMarks,
} from "./marks.ts";

/** A user's part in a topic, and what the user has made of the topic's items. */
export interface TopicMembership {
  /** The topic's newest event when the user joined; what was there by then does not concern the user. */
  readonly joined: Seq;
  /** Made by a publisher, so that it holds whatever the user's token allows. */
  readonly granted: boolean;
  /** Items up to here have been seen. */
  readonly seenUpTo: Seq;
  readonly marks: Marks;
}

/** The membership of somebody who joins now. */
export function newMembership(joined: Seq, granted: boolean): TopicMembership {
  return { joined, granted, seenUpTo: 0, marks: [] };
}

/** What a topic's live items count for a member. */
export function countsFor(live: LiveItems, { joined, seenUpTo, marks }: TopicMembership): Counts {
  return {
    unread: live.countOutside(marks, joined),
    unseen: live.countOutside(marks, Math.max(joined, seenUpTo)),
  };
}

/** Events above it are as new to the member as to anybody: neither seen nor marked. */
export function reachOf({ joined, seenUpTo, marks }: TopicMembership): Seq {
  return Math.max(joined, seenUpTo, marks.at(-1)?.to ?? 0);
}

/** The flags of a topic's live item for a member; undefined where the item is not there for the member. */
export function flagsFor(
  { joined, seenUpTo, marks }: TopicMembership,
  seq: Seq,
): ItemFlags | undefined {
  if (seq <= joined) return undefined;
  const flags = flagsAt(marks, seq);
  if ((flags & DELETED) !== 0) return undefined;
  return {
    read: (flags & READ) !== 0,
    seen: seq <= seenUpTo,
    archived: (flags & ARCHIVED) !== 0,
  };
}

/** The number of the oldest item that is there for a member; where there is none, of the next event. */
export function oldestFor(live: LiveItems, membership: TopicMembership, seq: Seq): Seq {
  let oldest = live.firstAfter(membership.joined);
  while (oldest !== undefined && flagsFor(membership, oldest) === undefined) {
    oldest = live.firstAfter(oldest);
  }
  return oldest ?? seq + 1;
}

/** The same of a user's own stream, where there is no membership, or of a topic. */
export function oldestIn(head: Head, membership: TopicMembership | undefined): Seq {
  return membership === undefined ? oldestOf(head) : oldestFor(head.live, membership, head.seq);
}

/** A topic as it is when a mark is decided. */
export interface TopicState {
  readonly live: LiveItems;
  /** The number of its newest event. */
  readonly seq: Seq;
}

/**
 * What a member's mark comes to; undefined where nothing would change. It reaches no further than what
 * the topic holds now, and names what it has changed.
 */
export function decideMark(
  membership: TopicMembership,
  topic: TopicState,
  { op, scope: asked }: { op: MarkOp; scope: ChangeScope },
): { membership: TopicMembership; scope: ChangeScope } | undefined {
  const { live, seq } = topic;
  const reach = "upTo" in asked ? Math.min(asked.upTo, seq) : seq;
  if (op === "seen") {
    const upTo = "upTo" in asked
      ? reach
      : asked.items.reduce((max, item) => item <= seq ? Math.max(max, item) : max, 0);
    const after = Math.max(membership.joined, membership.seenUpTo);
    const scope: ChangeScope = { upTo };
    const isNew = newlySeen(live, membership, after, upTo);
    return isNew ? { membership: applyMark(membership, { op, ...scope }), scope } : undefined;
  }
  const change = FLAG_CHANGES[op];
  const wanted = "upTo" in asked
    ? live.seqsBetween(membership.joined, reach, live.size)
    : ascending(asked.items).filter((item) => live.has(item));
  const { joined, marks } = membership;
  const touched = wanted.filter((item) => {
    if (item <= joined) return false;
    const flags = flagsAt(marks, item);
    return (flags & DELETED) === 0 && change(flags) !== flags;
  });
  if (touched.length === 0) return undefined;
  const scope: ChangeScope = "upTo" in asked ? { upTo: reach } : { items: touched };
  const marked = applyMark(membership, { op, ...scope });
  return { membership: { ...marked, marks: tidyMarks(marked.marks, live) }, scope };
}

/** A membership after a mark that was decided, as the change on the user's stream tells it. */
export function applyMark(
  membership: TopicMembership,
  { op, ...scope }: { op: MarkOp } & ChangeScope,
): TopicMembership {
  if (op === "seen") {
    const upTo = "upTo" in scope ? scope.upTo : Math.max(0, ...scope.items);
    return { ...membership, seenUpTo: Math.max(membership.seenUpTo, upTo) };
  }
  const change = FLAG_CHANGES[op];
  const { joined } = membership;
  const marks = "upTo" in scope
    ? scope.upTo <= joined
      ? membership.marks
      : changeRange(membership.marks, { from: joined + 1, to: scope.upTo }, change)
    : changeItems(membership.marks, scope.items, change);
  return { ...membership, marks };
}

/** The same for whoever does not know all of the topic's items: marks on gone ones are forgotten. */
export function forgetMarksBelow(membership: TopicMembership, oldest: Seq): TopicMembership {
  const marks = membership.marks.filter(({ to }) => to >= oldest);
  return marks.length === membership.marks.length ? membership : { ...membership, marks };
}

/** Whether a change on a user's stream is a mark on a topic's items. */
export function isMark(change: Change): change is Change & { op: MarkOp } {
  return change.op === "seen" || change.op in FLAG_CHANGES;
}

function newlySeen(live: LiveItems, membership: TopicMembership, after: Seq, upTo: Seq): boolean {
  return live.seqsBetween(after, upTo, live.size)
    .some((seq) => flagsFor(membership, seq) !== undefined);
}

/** What is deleted stays so. */
const FLAG_CHANGES: Readonly<Record<Exclude<MarkOp, "seen">, (flags: number) => number>> = {
  read: (flags) => flags & DELETED ? flags : flags | READ,
  unread: (flags) => flags & DELETED ? flags : flags & ~READ,
  archive: (flags) => flags & DELETED ? flags : flags | ARCHIVED,
  unarchive: (flags) => flags & DELETED ? flags : flags & ~ARCHIVED,
  delete: () => DELETED,
};
