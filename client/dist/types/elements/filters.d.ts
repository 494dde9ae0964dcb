import type { Notification } from "../notification.js";
/** Which notifications are shown; `all` leaves out what is archived. */
export type Filter = "all" | "unread" | "archived";
/** Whether a filter shows a notification. */
export declare const FILTERS: Readonly<Record<Filter, (item: Notification) => boolean>>;
