/** Who a notification is for. */
export type Recipient = { readonly user: string } | { readonly users: readonly string[] };

/** How far a device has read its user's stream. */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/** A device, as a dialect sees it. */
export interface Ear {
  readonly token: string;
  /** Where it left off, if it was connected before. */
  readonly resume: Cursor | undefined;
  /** It has everything up to `cursor`, and live events follow. */
  ready(cursor: Cursor | undefined): void;
  /**
   * A notification.
   *
   * @param n the number that its publisher put into `data`
   * @param seq its number in the stream, where the server numbers
   */
  event(n: number, seq: number | undefined): void;
  /** The server said that something is wrong, or that it is about to hang up. */
  refused(reason: string): void;
}

/** How one kind of server is spoken to. */
export interface Dialect {
  /**
   * The whole request that publishes; it is answered 201.
   *
   * @param key where it is given, and the server knows such a thing, requests with it take effect once
   */
  publish(to: Recipient, n: number, key?: string): string;
  upgrade(token: string): { readonly path: string; readonly headers: readonly string[] };
  /** What a device does as soon as it is upgraded; returns what it says, if anything. */
  opening(ear: Ear): string | undefined;
  /** Tells the ear what a message means; returns the answer to it, if it needs one. */
  hear(payload: Uint8Array, ear: Ear): string | undefined;
}
