// @ts-check
/*
 * What goes over a socket of `bellwire.v1`, as far as the page uses it.
 */

/**
 * The last event of a stream that a device has handled.
 * @typedef {{ epoch: string, seq: number }} Cursor
 */

/** @typedef {{ unread: number, unseen: number }} Counts */

/**
 * A notification as its recipient gets it. All text in it comes from whoever published it.
 * @typedef {object} Item
 * @property {string} id
 * @property {string} title
 * @property {string} [body]
 * @property {string} [url]
 * @property {string} category
 * @property {"low" | "normal" | "high" | "urgent"} priority
 * @property {string} publishedAt RFC 3339
 * @property {string} [expiresAt] RFC 3339
 * @property {boolean} read
 * @property {boolean} seen
 * @property {boolean} archived
 */

/**
 * @typedef {object} Welcome
 * @property {"welcome"} type
 * @property {number} heartbeatMs
 * @property {string} expiresAt when the token expires; RFC 3339
 * @property {Record<string, { epoch: string, seq: number, oldest: number }>} streams
 * @property {Counts} counts
 */

/**
 * @typedef {object} NotificationMessage
 * @property {"notification"} type
 * @property {string} stream
 * @property {number} seq
 * @property {boolean} live
 * @property {Item} item
 * @property {Counts} counts
 * @property {number} [oldest]
 */

/**
 * @typedef {object} ChangeMessage
 * @property {"change"} type
 * @property {string} stream
 * @property {number} seq
 * @property {boolean} live
 * @property {string} op
 * @property {number[]} [items]
 * @property {number} [upTo]
 * @property {string} [target]
 * @property {Counts} counts
 */

/**
 * @typedef {object} CaughtUp
 * @property {"caughtUp"} type
 * @property {string} stream
 * @property {number} seq
 * @property {number} [oldest]
 * @property {Counts} [counts]
 */

/**
 * @typedef {object} Reset
 * @property {"reset"} type
 * @property {string} stream
 * @property {"trimmed" | "epoch" | "new"} reason
 * @property {(Item & { seq: number })[]} items newest first
 * @property {string} epoch
 * @property {number} seq
 * @property {Counts} counts
 */

/**
 * @typedef {object} Disconnect
 * @property {"disconnect"} type
 * @property {number} code
 * @property {string} reason
 * @property {boolean} reconnect
 * @property {number} [retryAfterMs]
 */

/**
 * @typedef {Welcome | NotificationMessage | ChangeMessage | CaughtUp | Reset | Disconnect
 *   | { type: "ping" } | { type: "ok", ref: string | number }
 *   | { type: "error", ref?: string | number, code: string, message: string }} ServerMessage
 */

/** Only types live here; this makes it a module. */
export {};
