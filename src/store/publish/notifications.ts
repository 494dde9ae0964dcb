import type { Seq } from "../../domain/item.ts";
import type { StreamName } from "../../domain/stream_name.ts";

/** How far a notification has come. */
export type NotificationState =
  /** Its `sendAt` is still to come. */
  | "scheduled"
  /** Some of its recipients have it; the others will, once the call that was cut short is repeated. */
  | "sending"
  | "sent"
  /** Its time was over, before or after it was sent. */
  | "expired"
  /** Its publisher took it back, before or after it was sent. */
  | "recalled";

/** Where one copy of a notification went. */
export interface SentTo {
  readonly stream: StreamName;
  /** Undefined where it was not sent. */
  readonly seq?: Seq;
  /** Whether the user has read it; undefined for a topic, and where the user does not have it (any more). */
  readonly read?: boolean;
}

/** What is known of a notification, with a page of its recipients. */
export interface NotificationStatus {
  readonly id: string;
  readonly state: NotificationState;
  /** Milliseconds since the epoch. */
  readonly sendAt?: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
  readonly deliveries: readonly SentTo[];
  /** The next page's cursor; undefined on the last. */
  readonly next?: string;
}

/** What can still be done about notifications that were published; their records last as they do. */
export interface Notifications {
  /** Undefined for an id that is not known. Rejects with `InvalidCursor` or `Unavailable`. */
  status(
    id: string,
    page: { readonly limit: number; readonly cursor?: string },
  ): Promise<NotificationStatus | undefined>;
  /**
   * Takes a notification back from all that have it, and keeps it from those who don't have it yet.
   * Harmless to repeat, and to be repeated where it fails.
   *
   * @returns false for an id that is not known
   */
  recall(id: string): Promise<boolean>;
}
