"use client";

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

import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useMemo,
  useSyncExternalStore,
} from "react";
import type { Categories, Notification } from "../notification.ts";
import type { Bell, Connection, Snapshot } from "../types.ts";

// deno-lint-ignore no-explicit-any -- a context can't be generic; the hooks are
const Context = createContext<Bell<any> | undefined>(undefined);

/** What a server renders, and what is known before there is a user. */
const NOTHING: Snapshot = {
  user: undefined,
  items: [],
  counts: { unread: 0, unseen: 0 },
  connection: { state: "connecting" },
  loaded: false,
  hasMore: false,
};

/**
 * Gives a bell to all hooks below.
 *
 * @example
 * ```tsx ignore
 * <BellProvider bell={bell}><App /></BellProvider>
 * ```
 */
export function BellProvider<C extends Categories>(
  { bell, children }: { readonly bell: Bell<C>; readonly children?: ReactNode },
): ReactElement {
  return createElement(Context.Provider, { value: bell }, children);
}

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
export function useBell<C extends Categories = Record<string, unknown>>(): Bell<C> {
  const bell = useContext(Context);
  if (bell === undefined) throw new Error("Put a <BellProvider bell={…}> around this component");
  return bell;
}

/** Which notifications are wanted; `active` are those that are not archived. */
export type NotificationFilter<C extends Categories = Record<string, unknown>> =
  | "active"
  | "unread"
  | "archived"
  | "all"
  | ((notification: Notification<C>) => boolean);

const FILTERS: Readonly<Record<string, (notification: Notification) => boolean>> = {
  active: ({ archived }) => !archived,
  unread: ({ read, archived }) => !read && !archived,
  archived: ({ archived }) => archived,
  all: () => true,
};

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
export function useNotifications<C extends Categories = Record<string, unknown>>(
  { filter = "active" }: { readonly filter?: NotificationFilter<C> } = {},
): {
  readonly items: readonly Notification<C>[];
  readonly hasMore: boolean;
  /** As {@link Bell.loadMore}. */
  readonly loadMore: () => Promise<boolean>;
} {
  const bell = useBell<C>();
  const all = useSelected(bell, ({ items }) => sameItems(bell, items));
  const hasMore = useSelected(bell, (snapshot) => snapshot.hasMore);
  return useMemo(() => {
    const wanted = (typeof filter === "function" ? filter : FILTERS[filter]) as
      | ((notification: Notification<C>) => boolean)
      | undefined;
    const items = wanted ? all.filter(wanted) : all;
    return { items, hasMore, loadMore: () => bell.loadMore() };
  }, [bell, all, hasMore, filter]);
}

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
export function useUnreadCount(): number {
  return useSelected(useBell(), ({ counts }) => counts.unread);
}

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
export function useConnection(): Connection {
  return useSelected(useBell(), ({ connection }) => connection);
}

/** The last list of each bell. */
const lists = new WeakMap<object, readonly unknown[]>();

/** The list as it was before, where it holds the same still: each snapshot has a list of its own. */
function sameItems<T>(bell: object, items: readonly T[]): readonly T[] {
  const last = lists.get(bell) as readonly T[] | undefined;
  if (last?.length === items.length && items.every((item, i) => item === last[i])) return last;
  lists.set(bell, items);
  return items;
}

/** Renders anew only where this part of the snapshot has changed. */
function useSelected<C extends Categories, T>(
  { subscribe, getSnapshot }: Bell<C>,
  select: (snapshot: Snapshot<C>) => T,
): T {
  return useSyncExternalStore(
    subscribe,
    () => select(getSnapshot()),
    () => select(NOTHING as unknown as Snapshot<C>),
  );
}
