/** The part of `WebSocket` that is needed. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number): void;
}

/** What may give a token: itself, an object that has it, or an answer of `fetch` with either as its body. */
export type GivenToken = string | { readonly token: string } | Response;

/** How to connect. */
export interface ConnectOptions {
  /**
   * Gets a token of the user from your backend; called before the first connection, before a token
   * expires, and when one was refused. It may give what `fetch` gives: the body is the token, or JSON with
   * a field `token`. A status of 401 or 403 says that nobody is signed in, as {@link Unauthorized} does
   * where that is thrown: then it is not called again. Any other error is one that may pass.
   */
  readonly getToken: () => GivenToken | Promise<GivenToken>;
  /** The claim of tokens that names the user, where the service is told to use another than `sub`. */
  readonly userClaim?: string;
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
