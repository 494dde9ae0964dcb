import type { Notification } from "../notification.ts";

/** Which notifications are shown; `all` leaves out what is archived. */
export type Filter = "all" | "unread" | "archived";

/** Whether a filter shows a notification. */
export const FILTERS: Readonly<Record<Filter, (item: Notification) => boolean>> = {
  all: ({ archived }) => !archived,
  unread: ({ read, archived }) => !read && !archived,
  archived: ({ archived }) => archived,
};
