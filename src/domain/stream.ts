import type { Change, StreamEvent } from "./event.ts";
import type { Head } from "./head.ts";
import type { Intent } from "./intent.ts";
import type { Item, Seq } from "./item.ts";
import type { TopicMembership, TopicState } from "./topic_membership.ts";
import { Step } from "./stream_update.ts";
import type { TopicStream } from "./stream_name.ts";

/** How much a stream keeps. */
export interface StreamLimits {
  /** Live items; beyond it the oldest go. */
  readonly itemsMax: number;
  /** Changes; beyond it the floor rises. */
  readonly changesMax: number;
  /** Days that an event is kept. */
  readonly retentionDays: number;
}

/** What the state machine needs besides the head and the intents. */
export interface StreamContext {
  readonly limits: StreamLimits;
  /** Milliseconds since the epoch; only decides on which day an event falls. */
  readonly now: number;
  /** For a stream that does not exist yet. */
  readonly newEpoch: () => string;
  /** The newest event of `everyone`, for a user's stream that does not exist yet. */
  readonly everyoneSeq: () => Seq;
  /** A topic that an intent names, with the row of this user's membership in it. */
  readonly topic: (
    topic: TopicStream,
  ) => { readonly state: TopicState; readonly membership: TopicMembership | undefined };
  /** Which item had a collapse key when the head was read; it need not be live any more. */
  readonly collapsed: (key: string) => Seq | undefined;
}

/** A row of the stream that has to be written or deleted together with the head. */
export type StreamRow =
  | { readonly kind: "item"; readonly seq: Seq; readonly item: Item }
  | { readonly kind: "change"; readonly seq: Seq; readonly change: Change }
  | { readonly kind: "collapse"; readonly key: string; readonly seq: Seq }
  /** The row of an item that is no longer live. */
  | { readonly kind: "gone"; readonly seq: Seq }
  /** This user's membership in a topic from now on; none where the user has left. */
  | {
    readonly kind: "membership";
    readonly topic: TopicStream;
    readonly membership: TopicMembership | undefined;
  }
  /** From this day on the stream has something that is too old. */
  | { readonly kind: "retention"; readonly day: number }
  /** On this day, which was noted by a clock that was ahead, there will be nothing that is too old. */
  | { readonly kind: "undue"; readonly day: number };

/** What became of the intents. */
export interface Applied {
  readonly head: Head;
  /** There is no such stream, any more or still: there must be no head either. */
  readonly absent: boolean;
  readonly rows: readonly StreamRow[];
  /** Numbered without a gap from the old head's `seq + 1` on. */
  readonly events: readonly StreamEvent[];
  /** For each intent the number of its (last) event, or undefined where nothing had to change. */
  readonly seqs: readonly (Seq | undefined)[];
}

/**
 * The stream as a pure state machine: decides what a batch of intents, taken in order, makes of a
 * stream. It neither reads nor writes, and the same arguments always give the same answer.
 */
export function applyIntents(
  head: Head | undefined,
  intents: readonly Intent[],
  context: StreamContext,
): Applied {
  const step = new Step(head, context);
  const seqs = intents.map((intent) => step.take(intent));
  const { rows, events, absent } = step;
  return { head: step.head, absent, rows, events, seqs };
}
