import type { Counts } from "../domain/item.ts";
import type { UserId } from "../domain/stream_name.ts";

export type InboxStatus = "active" | "unread" | "archived" | "all";

export interface InboxQuery {
  readonly status: InboxStatus;
  readonly category?: string;
  /** 1–100 */
  readonly limit: number;
  /** The `next` of an earlier page. */
  readonly cursor?: string;
}

export interface InboxPage {
  /** Each is one item as JSON text, flags, `stream` ("user") and `seq` included; newest first. */
  readonly items: readonly string[];
  readonly counts: Counts;
  /** Absent on the last page. */
  readonly next?: string;
}

/** Reads a user's inbox. Rejects with `InvalidCursor` or `Unavailable`. */
export interface Inbox {
  list(user: UserId, query: InboxQuery): Promise<InboxPage>;
  counts(user: UserId): Promise<Counts>;
}
