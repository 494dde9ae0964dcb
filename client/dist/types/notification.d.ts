/**
 * The `data` of notifications by category: `{ "order.shipped": { orderId: string } }`. Name all the
 * categories that your publishers use; the default leaves `data` unknown.
 */
export type Categories = Record<string, any>;
/** What a user can make of notifications. `seen` reaches back to all older ones. */
export type MarkOp = "read" | "unread" | "seen" | "archive" | "unarchive" | "delete";
/** A button that a notification offers. */
export interface Action {
    readonly id: string;
    readonly label: string;
    /** An http(s) URL or a path. */
    readonly url?: string;
}
/** A notification as its recipient has it. All text in it is the publisher's: never use it as HTML. */
export interface NotificationFields {
    /** A UUID; no two notifications of a user share it. */
    readonly id: string;
    /** `user`, or `topic:<name>`. */
    readonly stream: string;
    /** The number within its stream. */
    readonly seq: number;
    readonly title: string;
    readonly body?: string;
    /** An http(s) URL or a path. */
    readonly url?: string;
    /** Not checked by the service: treat it as untrusted. */
    readonly icon?: string;
    /** Not checked by the service: treat it as untrusted. */
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
/**
 * A notification whose `data` has the type of its `category`.
 *
 * @example
 * ```ts
 * type Mine = Notification<{ "order.shipped": { orderId: string }; "chat": { from: string } }>;
 * function text(n: Mine): string {
 *   return n.category === "order.shipped" ? n.data.orderId : n.data.from;
 * }
 * ```
 */
export type Notification<C extends Categories = Record<string, unknown>> = {
    [K in keyof C & string]: NotificationFields & {
        readonly category: K;
        readonly data: C[K];
    };
}[keyof C & string];
/** Totals of the user over all streams, those included that are not loaded here. */
export interface Counts {
    /** Neither read nor archived. */
    readonly unread: number;
    /** Those of them that were not seen yet. */
    readonly unseen: number;
}
