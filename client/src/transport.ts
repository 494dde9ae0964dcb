import type { ClientMessage, Cursor, ServerMessage } from "../../protocol/messages.ts";

/** One connection to the service, from the moment it is being made. */
export interface Transport {
  /** Says something, once it is open. Never throws; what can't be said shows as an end. */
  send(message: ClientMessage): void;
  /** The device may be in another network: what was in the way may be gone. */
  networkChanged?(): void;
  /** Hangs up. Nothing is told any more. */
  close(): void;
}

/** What a connection tells, each from a turn of its own. */
export interface TransportEvents {
  /** It stands: a `hello` may be sent. */
  opened(): void;
  /** What came at once, in order. @param eventId the cursor after it, where there is one */
  received(messages: readonly ServerMessage[], eventId?: string): void;
  /** From now on it is a connection of the first kind, over which the service has said welcome. */
  upgraded?(): void;
  /** It is over, or could not be made. */
  ended(end: End): void;
}

/** Why a connection is over. */
export interface End {
  /** A close code of the service. */
  readonly code?: number;
  readonly reason: string;
  /** The service asked not to come back before. */
  readonly retryAfterMs?: number | undefined;
}

/** How a connection begins. */
export interface Start {
  readonly token: string;
  /** The last cursor of server-sent events, where that is where the device stands. */
  readonly eventId: string | undefined;
  /** What to say first, on a connection on which that is needed: where the device stands by now. */
  readonly hello: (token: string) => ClientMessage;
}

/** Makes connections of one kind. */
export type OpenTransport = (start: Start, events: TransportEvents) => Transport;

/** Where a device stands, by stream. */
export type Cursors = Readonly<Record<string, Cursor>>;
