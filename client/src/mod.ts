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

import { BellOfUser } from "./bell.ts";
import { environment } from "./environment.ts";
import type { ConnectOptions } from "./connect_options.ts";
import type { Categories } from "./notification.ts";
import type { Bell } from "./types.ts";

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

/**
 * Connects a user with a Bellwire service, and stays connected.
 *
 * @typeParam C the type of `data` by category
 * @param url where the service is, such as `https://notify.example.com`; a path on it is kept, a path
 * alone is one on the page's own origin
 * @throws {TypeError} where the address is none
 *
 * @example
 * ```ts ignore
 * const bell = connect("https://notify.example.com", {
 *   getToken: () => fetch("/token").then((answer) => answer.text()),
 * });
 * bell.on("notification", (n) => console.log(n.title));
 * ```
 *
 * @example With types for what publishers send
 * ```ts ignore
 * const bell = connect<{ "order.shipped": { orderId: string } }>(url, { getToken });
 * bell.on("notification", (n) => console.log(n.data.orderId));
 * ```
 */
export function connect<C extends Categories = Record<string, unknown>>(
  url: string | URL,
  options: ConnectOptions,
): Bell<C> {
  const { href } = new URL(url, globalThis.location?.href);
  const server = href.replace(/\/*([?#].*)?$/, "");
  return new BellOfUser(server, environment(server, options), options) as unknown as Bell<C>;
}
