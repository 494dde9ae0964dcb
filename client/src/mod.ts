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
export type {
  Action,
  Arrival,
  Bell,
  BellEvents,
  Categories,
  Connection,
  ConnectOptions,
  Counts,
  ListQuery,
  Markable,
  MarkOp,
  Notification,
  NotificationFields,
  Page,
  Publication,
  Snapshot,
  SystemPermission,
  WebSocketLike,
} from "./types.ts";
