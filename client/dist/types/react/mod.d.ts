/**
 * Hooks for React 18 and later.
 *
 * @example
 * ```tsx ignore
 * const bell = connect("https://notify.example.com", { getToken });
 * createRoot(root).render(<BellProvider bell={bell}><App /></BellProvider>);
 *
 * function Badge() {
 *   return <span>{useUnreadCount()}</span>;
 * }
 * ```
 *
 * @module
 */
import { type ReactElement, type ReactNode } from "react";
import type { Categories, Notification } from "../notification.js";
import type { Bell, Connection } from "../types.js";
/**
 * Gives a bell to all hooks below.
 *
 * @example
 * ```tsx ignore
 * <BellProvider bell={bell}><App /></BellProvider>
 * ```
 */
export declare function BellProvider<C extends Categories>({ bell, children }: {
    readonly bell: Bell<C>;
    readonly children?: ReactNode;
}): ReactElement;
/**
 * The bell itself, to mark and to load with. It never renders anything anew.
 *
 * @throws {Error} outside of a {@link BellProvider}
 *
 * @example
 * ```tsx ignore
 * const bell = useBell();
 * return <button onClick={() => bell.markAll("read")}>All read</button>;
 * ```
 */
export declare function useBell<C extends Categories = Record<string, unknown>>(): Bell<C>;
/** Which notifications are wanted; `active` are those that are not archived. */
export type NotificationFilter<C extends Categories = Record<string, unknown>> = "active" | "unread" | "archived" | "all" | ((notification: Notification<C>) => boolean);
/**
 * The notifications that are loaded, newest first; the same array until something changes. A function as
 * a filter should be the same one each time, made outside of the component or with `useCallback`.
 *
 * @throws {Error} outside of a {@link BellProvider}
 *
 * @example
 * ```tsx ignore
 * const { items, hasMore, loadMore } = useNotifications({ filter: "unread" });
 * ```
 */
export declare function useNotifications<C extends Categories = Record<string, unknown>>({ filter }?: {
    readonly filter?: NotificationFilter<C>;
}): {
    readonly items: readonly Notification<C>[];
    readonly hasMore: boolean;
    /** As {@link Bell.loadMore}. */
    readonly loadMore: () => Promise<boolean>;
};
/**
 * How many are neither read nor archived, loaded or not.
 *
 * @throws {Error} outside of a {@link BellProvider}
 *
 * @example
 * ```tsx ignore
 * const unread = useUnreadCount();
 * ```
 */
export declare function useUnreadCount(): number;
/**
 * How it stands with the connection.
 *
 * @throws {Error} outside of a {@link BellProvider}
 *
 * @example
 * ```tsx ignore
 * const { state } = useConnection();
 * if (state === "offline") return <p>You are offline</p>;
 * ```
 */
export declare function useConnection(): Connection;
