import type { ConnectOptions } from "./connect_options.js";
import type { Categories } from "./notification.js";
import type { Bell } from "./types.js";
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
export declare function connect<C extends Categories = Record<string, unknown>>(url: string | URL, options: ConnectOptions): Bell<C>;
