/** The part of `WebSocket` that is needed. */
export interface WebSocketLike {
    onopen: ((event: never) => void) | null;
    onmessage: ((event: never) => void) | null;
    onclose: ((event: never) => void) | null;
    onerror: ((event: never) => void) | null;
    send(data: string): void;
    close(code?: number): void;
}
/** How to connect. */
export interface ConnectOptions {
    /**
     * Gets a token of the user from your backend; called before the first connection, before a token
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
