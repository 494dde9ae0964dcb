import type { NotificationContent } from "./protocol/notification.js";
export type { Action, Counts, MarkOp } from "./protocol/notification.js";
/**
 * The `data` of notifications by category: `{ "order.shipped": { orderId: string } }`. Name all the
 * categories that your publishers use; the default leaves `data` unknown.
 */
export type Categories = Record<string, any>;
/** A notification as its recipient has it. All text in it is the publisher's: never use it as HTML. */
export interface NotificationFields extends NotificationContent {
    /** `user`, or `topic:<name>`. */
    readonly stream: string;
    /** The number within its stream. */
    readonly seq: number;
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
