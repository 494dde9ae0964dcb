import type { ClientMessage, Cursor, ServerMessage } from "./messages.ts";

/** One connection to the service, from the moment it is being made. */
export interface Transport {
  /** Says something, once it is open. Never throws; what can't be said shows as an end. */
  send(message: ClientMessage): void;
  /** Hangs up. Nothing is told any more. */
  close(): void;
}

/** What a connection tells, each from a turn of its own. */
export interface TransportEvents {
  /** It stands: a `hello` may be sent. */
  opened(): void;
  /** What came at once, in order. @param eventId the cursor after it, where there is one */
  received(messages: readonly ServerMessage[], eventId?: string): void;
  /** It is over, or could not be made. @param end `code` is a close code of the service */
  ended(end: { readonly code?: number; readonly reason: string }): void;
}

/** How a connection begins. */
export interface Start {
  readonly token: string;
  /** The last cursor of server-sent events, where that is where the device stands. */
  readonly eventId: string | undefined;
}

/** Makes connections of one kind. */
export type OpenTransport = (start: Start, events: TransportEvents) => Transport;

/** Where a device stands, by stream. */
export type Cursors = Readonly<Record<string, Cursor>>;
