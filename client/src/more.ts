/**
 * What few pages need, or none before somebody clicks. It is a file of its own that is loaded then, so
 * it must not import what the core has a copy of and compares.
 */
export { ChannelLocks } from "./channel_locks.ts";
export { eventStreams } from "./event_stream.ts";
export { Extras } from "./lazy_features.ts";
export { untilSockets } from "./until_sockets.ts";
