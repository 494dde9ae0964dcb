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
/**
 * What a call of a {@link Bell} rejects with, and why a connection was closed for good. Decide by
 * `code`: one of the service's (`forbidden`, `invalid_request`, `too_many_topics`, …), or of this
 * client's:
 *
 * | `code` | |
 * | --- | --- |
 * | `closed` | the bell was closed, or its user logged out |
 * | `unreachable` | the service can't be reached just now, or `getToken` has failed |
 * | `payload_too_large` | what was asked for is more than the service takes at once |
 * | `not_found` | what was marked is not in the snapshot |
 * | `gone` | the stream was made anew since, so that the mark means nothing any more |
 * | `signed_out` | `getToken` threw `Unauthorized`, or `logout()` was called |
 * | `invalid_token`, `revoked`, `too_many_connections`, `protocol_error`, `unsupported_version`, `refused` | why the service closed the connection for good |
 *
 * @example
 * ```ts
 * try {
 *   throw new BellwireError("forbidden", "The token does not allow this topic");
 * } catch (error) {
 *   if (!(error instanceof BellwireError) || error.code !== "forbidden") throw error;
 * }
 * ```
 */
export declare class BellwireError extends Error { readonly name = "BellwireError";
    readonly code: string;
    /** The code with which the service closed the connection, 4500–4999. */
    readonly closeCode: number | undefined;
    constructor(code: string, message: string, 
    /** `closeCode`: of the connection, where it was closed with one */
    options?: {
        readonly closeCode?: number | undefined;
        readonly cause?: unknown;
    });
}
/**
 * For `getToken` to throw: nobody is signed in, and asking again is of no use.
 *
 * @example
 * ```ts
 * async function getToken(): Promise<string> {
 *   const answer = await fetch("/token");
 *   if (answer.status === 401) throw new Unauthorized();
 *   return await answer.text();
 * }
 * ```
 */
export declare class Unauthorized extends Error { readonly name = "Unauthorized";
    constructor(message?: string);
}
/** The error of a connection that was closed for good. @param reason the service's own words */
export declare function closingError(closeCode: number, reason: string): BellwireError;
/** The part of `WebSocket` that is needed. */
export interface WebSocketLike { onopen: ((event: never) => void) | null;
    onmessage: ((event: never) => void) | null;
    onclose: ((event: never) => void) | null;
    onerror: ((event: never) => void) | null;
    send(data: string): void;
    close(code?: number): void;
}
/** How to connect. */
export interface ConnectOptions { /** * Gets a token of the user from your backend; called before the first connection, before a token
     * expires, and when one was refused. Throw {@link Unauthorized} where nobody is signed in: then it
     * is not called again. Any other error is one that may pass.
     */
    readonly getToken: () => string | Promise<string>;
    /** The user's id, where the page knows it: then what is stored is shown before the token is there. */
    readonly user?: string;
    /** What this device is called; at most 128 characters. */
    readonly device?: string;
    /** False has each tab connect by itself. */
    readonly shareTabs?: boolean;
    /** False keeps nothing on disk. */
    readonly persist?: boolean;
    /** Where there is no global one, as in old versions of Node. */
    readonly WebSocket?: new (url: string, protocols?: string | string[]) => WebSocketLike;
    /** Where the global one is not to be used. */
    readonly fetch?: typeof fetch;
}
/**
 * The `data` of notifications by category: `{ "order.shipped": { orderId: string } }`. Name all the
 * categories that your publishers use; the default leaves `data` unknown.
 */
export type Categories = Record<string, any>;
/** What a user can make of notifications. `seen` reaches back to all older ones. */
export type MarkOp = "read" | "unread" | "seen" | "archive" | "unarchive" | "delete";
/** A button that a notification offers. */
export interface Action { readonly id: string;
    readonly label: string;
    /** An http(s) URL or a path. */
    readonly url?: string;
}
/** A notification as its recipient has it. All text in it is the publisher's: never use it as HTML. */
export interface NotificationFields { /** A UUID; no two notifications of a user share it. */
    readonly id: string;
    /** `user`, or `topic:<name>`. */
    readonly stream: string;
    /** The number within its stream. */
    readonly seq: number;
    readonly title: string;
    readonly body?: string;
    /** An http(s) URL or a path. */
    readonly url?: string;
    /** Not checked by the service: treat it as untrusted. */
    readonly icon?: string;
    /** Not checked by the service: treat it as untrusted. */
    readonly image?: string;
    readonly priority: "low" | "normal" | "high" | "urgent";
    readonly actions?: readonly Action[];
    /** RFC 3339. */
    readonly publishedAt: string;
    /** RFC 3339. */
    readonly expiresAt?: string;
    readonly read: boolean;
    readonly seen: boolean;
    readonly archived: boolean;
}
/**
 * A notification whose `data` has the type of its `category`.
 *
 * @example
 * ```ts
 * type Mine = Notification<{ "order.shipped": { orderId: string }; "chat": { from: string } }>;
 * function text(n: Mine): string {
 *   return n.category === "order.shipped" ? n.data.orderId : n.data.from;
 * }
 * ```
 */
export type Notification<C extends Categories = Record<string, unknown>> = { [K in keyof C & string]: NotificationFields & { readonly category: K;
        readonly data: C[K];
    };
}[keyof C & string];
/** Totals of the user over all streams, those included that are not loaded here. */
export interface Counts { /** Neither read nor archived. */ readonly unread: number;
    /** Those of them that were not seen yet. */
    readonly unseen: number;
}
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
export interface Connection { readonly state: "connecting" | "live" | "reconnecting" | "offline" | "closed";
    /** For people who look for a fault; English. */
    readonly reason?: string;
    /** When the next attempt is made; milliseconds since 1970. */
    readonly retryAt?: number;
    /** Why it is closed. */
    readonly error?: BellwireError;
}
/** All that is known at one moment. It never changes; another moment has another one. */
export interface Snapshot<C extends Categories = Record<string, unknown>> { /** The user's id; undefined until the first token is there, unless it was given to `connect`. */
    readonly user: string | undefined;
    /**
     * Newest first, archived ones included. Items that did not change are the same objects as before,
     * unless all was read anew: after a long absence, or where another tab knew better.
     */
    readonly items: readonly Notification<C>[];
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
export interface Arrival { /** False for what was published while this device was away. */ readonly live: boolean;
}
/** What a {@link Bell} tells of, by name. */
export interface BellEvents<C extends Categories = Record<string, unknown>> { /** A notification is new here. Told in every tab. */ notification: (notification: Notification<C>, arrival: Arrival) => void;
    /**
     * A notification has just arrived; told in one tab of the browser only, the visible one where there
     * is one: the place for a toast or a sound.
     */
    toast: (notification: Notification<C>) => void;
    /** The connection's state has changed. */
    connection: (connection: Connection) => void;
    /** Something went wrong that nobody waits for. */
    error: (error: unknown) => void;
}
/** A notification that is published to a topic by a user's device. */
export interface Publication { readonly title: string;
    readonly body?: string;
    readonly url?: string;
    readonly category?: string;
    readonly priority?: "low" | "normal" | "high" | "urgent";
    readonly data?: unknown;
    readonly [field: string]: unknown;
}
/** Filters of {@link Bell.list}. */
export interface ListQuery { /** `active`, those that are not archived, unless told otherwise. */ readonly status?: "active" | "unread" | "archived" | "all";
    readonly category?: string;
    readonly topic?: string;
    /** 1–100; 20 unless told otherwise. */
    readonly limit?: number;
    /** The `next` of the page before. */
    readonly cursor?: string;
}
/** A page of the inbox as the service has it. */
export interface Page<C extends Categories = Record<string, unknown>> { readonly items: readonly Notification<C>[];
    readonly counts: Counts;
    /** Null on the last page. */
    readonly next: string | null;
}
/** A user's notifications, always up to date. {@link connect} makes one. */
export interface Bell<C extends Categories = Record<string, unknown>> { /** * Hears of an event until the function that it returns is called. * * @example * ```ts ignore * const off = bell.on("notification", (n) => console.log(n.title));
     * off();
     * ```
     */
    on<K extends keyof BellEvents<C>>(event: K, listener: BellEvents<C>[K]): () => void;
    /**
     * Is called after every change of the snapshot, until the function that it returns is called. Made
     * for React's `useSyncExternalStore`; needs no `this`.
     *
     * @example
     * ```ts ignore
     * const stop = bell.subscribe(() => render(bell.getSnapshot()));
     * ```
     */
    readonly subscribe: (listener: () => void) => () => void;
    /**
     * What is known now; the same object until something changes. Needs no `this`.
     *
     * @example
     * ```ts ignore
     * badge.textContent = String(bell.getSnapshot().counts.unread);
     * ```
     */
    readonly getSnapshot: () => Snapshot<C>;
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
    list(query?: ListQuery): Promise<Page<C>>;
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
export type Markable = string | { readonly id: string;
};
