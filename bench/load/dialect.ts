/** Who a notification is for. */
export type Recipient =
  | { readonly user: string }
  | { readonly users: readonly string[] }
  | { readonly topic: string }
  | { readonly everyone: true };

/** How far a device has come in a stream. */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/** The same in all streams that a device follows, by the name that messages give them. */
export type Cursors = ReadonlyMap<string, Cursor>;

/** A device, as a dialect sees it. */
export interface Ear {
  readonly token: string;
  /** Where it left off, if it was connected before. */
  readonly resume: Cursors;
  /**
   * It is let in, and ready once it has caught up with each of these streams.
   *
   * @param epochs of the streams by name; none where the server has no streams
   */
  welcomed(epochs: Readonly<Record<string, string>>): void;
  /** It has everything of a stream up to `seq`, and live events follow. */
  caughtUp(stream: string, seq: number): void;
  /** It starts over from there with a stream. */
  reset(stream: string, cursor: Cursor): void;
  /**
   * A notification.
   *
   * @param n the number that its publisher put into `data`
   * @param at its stream and its number in it, where the server numbers
   */
  event(n: number, at?: { readonly stream: string; readonly seq: number }): void;
  /**
   * Some notifications were read, or the like.
   *
   * @param unread how many are unread since
   */
  changed(at: { readonly stream: string; readonly seq: number }, unread: number): void;
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
  /** The whole request that has a user join a topic, where there are topics; answered 2xx. */
  readonly join?: (user: string, topic: string) => string;
  upgrade(token: string): { readonly path: string; readonly headers: readonly string[] };
  /** What a device does as soon as it is upgraded; returns what it says, if anything. */
  opening(ear: Ear): string | undefined;
  /** Tells the ear what a message means; returns the answer to it, if it needs one. */
  hear(payload: Uint8Array, ear: Ear): string | undefined;
  /** What a device says to have everything of its user's stream read, where it can say so. */
  readonly readAll?: (upTo: number) => string;
}
