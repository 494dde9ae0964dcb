import type { Counts, Item, Seq } from "./item.ts";
import type { StreamName, TopicStream } from "./stream_name.ts";

/** What a user's device can ask for. */
export type MarkOp = "read" | "unread" | "seen" | "archive" | "unarchive" | "delete";

/** Everything that can happen to items after they were published. */
export type ChangeOp = MarkOp | "replace" | "expire" | "recall" | "join" | "leave";

/** Which items a change concerns: some by number, or all up to one. */
export type ChangeScope =
  | { readonly items: readonly Seq[] }
  | { readonly upTo: Seq };

/** A change as it is stored and sent. */
export type Change = {
  readonly op: ChangeOp;
  /** On a user's stream, the topic that a mark, `join` or `leave` concerns. */
  readonly target?: TopicStream;
  /** Of a `join`: whether a publisher made it, so that it needs no token that allows the topic. */
  readonly granted?: boolean;
} & ChangeScope;

/** One numbered entry of a stream, with the stream's counts right after it. */
export type StreamEvent = NotificationEvent | ChangeEvent;

export interface NotificationEvent {
  readonly kind: "notification";
  readonly seq: Seq;
  readonly item: Item;
  readonly counts: Counts;
  /** The oldest live item from now on, where older ones made room for this one. */
  readonly oldest?: Seq;
}

export interface ChangeEvent {
  readonly kind: "change";
  readonly seq: Seq;
  readonly change: Change;
  readonly counts: Counts;
}

/** What a device has to be told of an event; an event that was committed elsewhere comes as this. */
export type LiveEvent =
  | ChangeEvent
  | (Omit<NotificationEvent, "item"> & { readonly item: Pick<Item, "json"> });

/** Events of one stream that were committed together. */
export interface StreamEvents {
  readonly stream: StreamName;
  readonly epoch: string;
  readonly events: readonly LiveEvent[];
}
