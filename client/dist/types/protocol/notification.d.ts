/** The user's stream, or that of a topic. */
export type StreamName = "user" | `topic:${string}`;
/** What a user can do with notifications. `seen` includes all older ones. */
export type MarkOp = "read" | "unread" | "seen" | "archive" | "unarchive" | "delete";
/** Totals of the user over all streams, including notifications that the client has not loaded. */
export interface Counts {
    /** Neither read nor archived. */
    readonly unread: number;
    /** Unread notifications that the user has not seen yet. */
    readonly unseen: number;
}
/** A button that a notification offers. */
export interface Action {
    readonly id: string;
    readonly label: string;
    /** An http(s) URL or a path. */
    readonly url?: string;
}
/** The fields of a notification whose types do not depend on its category. */
export interface NotificationContent {
    /** A UUID; no two notifications of a user share it. */
    readonly id: string;
    readonly title: string;
    readonly body?: string;
    /** An http(s) URL or a path. */
    readonly url?: string;
    /** The service does not check it: treat it as untrusted. */
    readonly icon?: string;
    /** The service does not check it: treat it as untrusted. */
    readonly image?: string;
    readonly priority: "low" | "normal" | "high" | "urgent";
    readonly actions?: readonly Action[];
    /** RFC 3339. */
    readonly publishedAt: string;
    /** RFC 3339. */
    readonly expiresAt?: string;
    readonly read: boolean;
    readonly seen: boolean;
    readonly archived: boolean;
}
/** A notification in a message: what was published, and the flags of its recipient. */
export interface Item extends NotificationContent {
    readonly category: string;
    readonly data?: unknown;
    /** In JSON: which texts in `data` are byte strings, as JSON Pointers (RFC 6901). */
    readonly binary?: readonly string[];
    readonly collapseKey?: string;
    /** The user who published it; absent where a backend did. */
    readonly from?: string;
}
/** An item with its number in the stream. */
export type NumberedItem = Item & {
    readonly seq: number;
};
