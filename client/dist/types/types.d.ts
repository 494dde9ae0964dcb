import type { BellwireError } from "./errors.js";
import type { Categories, Counts, MarkOp, Notification } from "./notification.js";
/**
 * How it stands with the connection.
 *
 * - `connecting`: for the first time
 * - `live`: everything is here, and what is published comes at once
 * - `reconnecting`: it broke; it is being made again, or will be at `retryAt`
 * - `offline`: this device has no network
 * - `closed`: for good. Without an `error`: by `close()`. With the code `signed_out`: nobody is signed
 *   in, by `logout()` or as `getToken` says. With another: the service has refused the connection, and
 *   `retry()` tries again.
 */
export interface Connection {
    readonly state: "connecting" | "live" | "reconnecting" | "offline" | "closed";
    /** For people who look for a fault; English. */
    readonly reason?: string;
    /** When the next attempt is made; milliseconds since 1970 by this device's clock. */
    readonly retryAt?: number;
    /** Why it is closed. */
    readonly error?: BellwireError;
    /**
     * How many milliseconds the service's clock is ahead of this device's, which may be wrong; known after
     * the first connection. `Date.now() + skewMs` is the service's time: compare `publishedAt` with that.
     */
    readonly skewMs?: number | undefined;
}
/** All that is known at one moment. It never changes; another moment has another one. */
export type Snapshot<C extends Categories = Record<string, unknown>> = SnapshotOf<Notification<C>>;
/** A {@link Snapshot} by the type of its notifications. */
export interface SnapshotOf<N> {
    /** The user's id; undefined until the first token is there, unless it was given to `connect`. */
    readonly user: string | undefined;
    /**
     * Newest first, archived ones included. Items that did not change are the same objects as before,
     * unless all was read anew: after a long absence, or where another tab knew better.
     */
    readonly items: readonly N[];
    readonly counts: Counts;
    readonly connection: Connection;
    /**
     * False until the user's inbox is known here, from this device's disk or from the service: then no
     * items does not mean that there are none.
     */
    readonly loaded: boolean;
    /** Whether `loadMore()` may find older ones. */
    readonly hasMore: boolean;
}
/** What the user has answered to being asked for system notifications. */
export type SystemPermission = "granted" | "denied" | "default" | "unsupported";
/** How a notification arrived. */
export interface Arrival {
    /** False for what was published while this device was away. */
    readonly live: boolean;
}
/** What a {@link Bell} tells of, by name. */
export type BellEvents<C extends Categories = Record<string, unknown>> = BellEventsOf<Notification<C>>;
/**
 * The {@link BellEvents} by the type of their notifications. They are methods, so that a bell of some
 * categories is one of any.
 */
export interface BellEventsOf<N> {
    /** A notification is new here. Told in every tab. */
    notification(notification: N, arrival: Arrival): void;
    /**
     * A notification has just arrived; told in one tab of the browser only, the visible one where there
     * is one: the place for a toast or a sound.
     */
    toast(notification: N): void;
    /** The connection's state has changed. */
    connection(connection: Connection): void;
    /** Something went wrong that nobody waits for. */
    error(error: unknown): void;
}
/** A notification that is published to a topic by a user's device. */
export interface Publication {
    readonly title: string;
    readonly body?: string;
    readonly url?: string;
    readonly category?: string;
    readonly priority?: "low" | "normal" | "high" | "urgent";
    readonly data?: unknown;
    readonly [field: string]: unknown;
}
/** Filters of {@link Bell.list}. */
export interface ListQuery {
    /** `active`, those that are not archived, unless told otherwise. */
    readonly status?: "active" | "unread" | "archived" | "all";
    readonly category?: string;
    readonly topic?: string;
    /** 1–100; 20 unless told otherwise. */
    readonly limit?: number;
    /** The `next` of the page before. */
    readonly cursor?: string;
}
/** A page of the inbox as the service has it. */
export type Page<C extends Categories = Record<string, unknown>> = PageOf<Notification<C>>;
/** A {@link Page} by the type of its notifications. */
export interface PageOf<N> {
    readonly items: readonly N[];
    readonly counts: Counts;
    /** Null on the last page. */
    readonly next: string | null;
}
/**
 * A user's notifications, always up to date. {@link connect} makes one. Its methods need no `this`, and may
 * be called on a Proxy, as Vue's `reactive` makes one. A bell of some categories is a `Bell` too.
 */
export type Bell<C extends Categories = Record<string, unknown>> = BellOf<Notification<C>>;
/** A {@link Bell} by the type of its notifications. */
export interface BellOf<N> {
    /**
     * Hears of an event until the function that it returns is called.
     *
     * @example
     * ```ts ignore
     * const off = bell.on("notification", (n) => console.log(n.title));
     * off();
     * ```
     */
    on<K extends keyof BellEventsOf<N>>(event: K, listener: BellEventsOf<N>[K]): () => void;
    /**
     * Is called after every change of the snapshot, until the function that it returns is called. Made
     * for React's `useSyncExternalStore`.
     *
     * @example
     * ```ts ignore
     * const stop = bell.subscribe(() => render(bell.getSnapshot()));
     * ```
     */
    readonly subscribe: (listener: () => void) => () => void;
    /**
     * What is known now; the same object until something changes.
     *
     * @example
     * ```ts ignore
     * badge.textContent = String(bell.getSnapshot().counts.unread);
     * ```
     */
    readonly getSnapshot: () => SnapshotOf<N>;
    /**
     * Marks notifications, by themselves or by id. The snapshot shows it at once; it is sent when there
     * is a connection, also after a reload, and taken back where the service refuses it.
     *
     * Resolves when the service has stored it. Rejects with a {@link BellwireError}: `not_found` for what
     * is not in the snapshot, or the service's code.
     *
     * @example
     * ```ts ignore
     * await bell.mark("read", notification);
     * await bell.mark("archive", [first.id, second.id]);
     * ```
     */
    mark(op: MarkOp, items: Markable | readonly Markable[]): Promise<void>;
    /**
     * Marks everything that is there by now, loaded or not, and nothing that comes later.
     *
     * @example
     * ```ts ignore
     * await bell.markAll("read");
     * ```
     */
    markAll(op: MarkOp): Promise<void>;
    /**
     * Loads older notifications into the snapshot; resolves with whether there may be more. Needs a
     * connection: rejects with a {@link BellwireError} where the service can't be reached.
     *
     * @example
     * ```ts ignore
     * while (await bell.loadMore());
     * ```
     */
    loadMore(): Promise<boolean>;
    /**
     * Reads a page of the inbox from the service, without touching the snapshot. Rejects with a
     * {@link BellwireError}.
     *
     * @example
     * ```ts ignore
     * const { items, next } = await bell.list({ status: "archived", limit: 50 });
     * ```
     */
    list(query?: ListQuery): Promise<PageOf<N>>;
    /**
     * Joins a topic that the token allows: what is sent to it from now on comes here.
     *
     * @example
     * ```ts ignore
     * await bell.join("news");
     * ```
     */
    join(topic: string): Promise<void>;
    /**
     * Leaves a topic; what came from it goes.
     *
     * @example
     * ```ts ignore
     * await bell.leave("news");
     * ```
     */
    leave(topic: string): Promise<void>;
    /**
     * Publishes to a topic, where the token's `publish` allows it. It is sent once, however often the
     * connection breaks.
     *
     * @example
     * ```ts ignore
     * await bell.publish("chat", { title: "Ada is here" });
     * ```
     */
    publish(topic: string, publication: Publication): Promise<void>;
    /**
     * Shows what arrives as system notifications while no window of the app has the focus, from now on and
     * on every page of this browser's user. Call it in an event handler of a click: browsers ask
     * the user then, and at no other time. Resolves with the user's answer, `unsupported` where the
     * browser has none.
     *
     * @example
     * ```ts ignore
     * button.onclick = () => bell.enableSystemNotifications();
     * ```
     */
    enableSystemNotifications(): Promise<SystemPermission>;
    /** Shows none any more. */
    disableSystemNotifications(): void;
    /** Connects now, where it waits to, or was closed for a reason that is mended by now. */
    retry(): void;
    /**
     * Forgets the user: all tabs of this browser show nothing and are closed, and nothing is left on
     * disk. Resolves when that is so.
     *
     * @example
     * ```ts ignore
     * await bell.logout();
     * ```
     */
    logout(): Promise<void>;
    /** Hangs up for good. What is stored stays, for the next page. */
    close(): void;
}
/** A notification of the snapshot, or its id. */
export type Markable = string | {
    readonly id: string;
};
