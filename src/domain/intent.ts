import type { ChangeScope, MarkOp } from "./event.ts";
import type { Item, Seq } from "./item.ts";
import type { TopicStream } from "./stream_name.ts";

/** Topics that a user may be a member of, `everyone` aside. */
export const TOPICS_MAX = 100;

/** What somebody wants of a stream. */
export type Intent =
  /** Append a notification; it replaces the live item with the same collapse key. */
  | { readonly kind: "publish"; readonly item: Item }
  /** A user's mark; a no-op where nothing would change. */
  | { readonly kind: "mark"; readonly op: MarkOp; readonly scope: ChangeScope }
  /** A user's mark on items of a topic, to a user's stream; a no-op where nothing would change. */
  | {
    readonly kind: "markTopic";
    readonly topic: TopicStream;
    readonly op: MarkOp;
    readonly scope: ChangeScope;
  }
  /** The user joins a topic, to a user's stream; a no-op for a member, and above {@link TOPICS_MAX}. */
  | { readonly kind: "join"; readonly topic: TopicStream; readonly granted: boolean }
  /** The user leaves a topic; a no-op for who is none of its members. */
  | { readonly kind: "leave"; readonly topic: TopicStream }
  /** An item's time is over; a no-op where it is gone. */
  | { readonly kind: "expire"; readonly seq: Seq }
  /** Its publisher takes an item back; a no-op where it is gone. */
  | { readonly kind: "recall"; readonly seq: Seq }
  /** Whatever was numbered before `day` (days since 1970-01-01 UTC) is too old. */
  | { readonly kind: "retain"; readonly day: number }
  /** Rows were deleted: those of changes up to `upTo`, and `items` of items that were dead. */
  | { readonly kind: "swept"; readonly upTo: Seq; readonly items: number }
  /**
   * A user's stream goes, with the memberships in these topics; its other rows are deleted by whoever
   * wants it. What comes after it makes another stream, of the same name.
   */
  | { readonly kind: "erase"; readonly topics: readonly TopicStream[] }
  /** The stream has to exist from now on. */
  | { readonly kind: "open" }
  /** An instance has a device of the stream; a no-op where that is known. */
  | { readonly kind: "route"; readonly instance: string }
  /** Instances have no device of the stream any more, or are gone themselves. */
  | { readonly kind: "unroute"; readonly instances: readonly string[] };
