import type { ChangeScope, MarkOp } from "./event.ts";
import type { Item, Seq } from "./item.ts";

/** What somebody wants of a stream. */
export type Intent =
  /** Append a notification; it replaces the live item with the same collapse key. */
  | { readonly kind: "publish"; readonly item: Item }
  /** A user's mark; a no-op where nothing would change. */
  | { readonly kind: "mark"; readonly op: MarkOp; readonly scope: ChangeScope }
  /** An item's time is over; a no-op where it is gone. */
  | { readonly kind: "expire"; readonly seq: Seq }
  /** Its publisher takes an item back; a no-op where it is gone. */
  | { readonly kind: "recall"; readonly seq: Seq }
  /** Whatever was numbered before `day` (days since 1970-01-01 UTC) is too old. */
  | { readonly kind: "retain"; readonly day: number }
  /** Rows were deleted: those of changes up to `upTo`, and `items` of items that were dead. */
  | { readonly kind: "swept"; readonly upTo: Seq; readonly items: number }
  /** The stream has to exist from now on. */
  | { readonly kind: "open" }
  /** An instance has a device of the stream; a no-op where that is known. */
  | { readonly kind: "route"; readonly instance: string }
  /** Instances have no device of the stream any more, or are gone themselves. */
  | { readonly kind: "unroute"; readonly instances: readonly string[] };
