import { lastChange } from "./change_log.ts";
import type { Head } from "./head.ts";
import type { Seq } from "./item.ts";

/** The last event of a stream that a device has handled. */
export interface Cursor {
  readonly epoch: string;
  readonly seq: Seq;
}

/** Why a device has to forget what it has of a stream. */
export type ResetReason = "new" | "epoch" | "trimmed";

/**
 * Whether a device can go on from its cursor without a gap; if not, why.
 *
 * A cursor beyond the stream's end comes from another incarnation that was numbered further.
 */
export function resetReason(head: Head, cursor: Cursor | undefined): ResetReason | undefined {
  if (cursor === undefined) return "new";
  if (cursor.epoch !== head.epoch || cursor.seq > head.seq) return "epoch";
  return cursor.seq < head.changes.floor ? "trimmed" : undefined;
}

/** Whether any change numbered above `seq` is kept; if not, there is no need to look for one. */
export function hasChangeAfter(head: Head, seq: Seq): boolean {
  return lastChange(head.changes) > seq;
}

/** Whether rows have gathered that no head lists any more. */
export function hasGarbage(head: Head): boolean {
  return head.dead > 0 || head.swept < head.changes.floor;
}
