/**
 * The browser client of Bellwire, which is also one for Node, Deno and Bun.
 *
 * @example
 * ```ts ignore
 * import { connect } from "@bellwire/client";
 * const bell = connect("https://notify.example.com", {
 *   getToken: () => fetch("/token").then((answer) => answer.text()),
 * });
 * bell.on("notification", (n) => console.log(n.title));
 * ```
 *
 * @module
 */

export { connect } from "./connect.ts";
export { BellwireError, Unauthorized } from "./errors.ts";
export type { ConnectOptions, GivenToken, WebSocketLike } from "./connect_options.ts";
export type {
  Action,
  Categories,
  Counts,
  MarkOp,
  Notification,
  NotificationFields,
} from "./notification.ts";
export type {
  Arrival,
  Bell,
  BellEvents,
  BellEventsOf,
  BellOf,
  Connection,
  ListQuery,
  Markable,
  Page,
  PageOf,
  Publication,
  Snapshot,
  SnapshotOf,
  SystemPermission,
} from "./types.ts";
