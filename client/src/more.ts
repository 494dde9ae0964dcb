/**
 * What few pages need, or none before somebody clicks. It is a file of its own that is loaded then, so
 * it must not import what the core has a copy of.
 */
export { ChannelLocks } from "./channel_locks.ts";
export { eventStreams } from "./event_stream.ts";
export { listInbox } from "./inbox_list.ts";
export { InboxPages } from "./inbox_pages.ts";
export { SystemNotifications } from "./system_notifications.ts";
