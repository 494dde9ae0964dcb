import type { CloseCode } from "./close_codes.ts";
import type { Counts, Item, MarkOp, NumberedItem, StreamName } from "./notification.ts";

/*
 * The messages of a connection. docs/protocol.md says what they mean. The service's schemas
 * (src/gateway/protocol/) have exactly these types; tests/gateway/protocol/message_types_test.ts
 * proves it.
 */

/** The last event of a stream that a device has handled. */
export interface Cursor {
  /** Names the incarnation of the stream. */
  readonly epoch: string;
  readonly seq: number;
}

/** What the client calls one of its requests, to recognise the answer. */
export type Ref = string | number;

/** The first message on a connection. */
export interface HelloMessage {
  readonly type: "hello";
  /** Absent where the upgrade carried the token. */
  readonly token?: string | undefined;
  readonly device?: string | undefined;
  /** The device's cursors, by stream. */
  readonly resume?: Readonly<Record<string, Cursor>> | undefined;
}

export interface RefreshMessage {
  readonly type: "refresh";
  readonly token: string;
  readonly ref?: Ref | undefined;
}

/** Names either `items` or `upTo`. */
export interface MarkMessage {
  readonly type: "mark";
  readonly ref?: Ref | undefined;
  readonly op: MarkOp;
  /** Items by number. */
  readonly items?: readonly number[] | undefined;
  /** Every item up to this number; or one number for each of several streams. */
  readonly upTo?: number | Readonly<Record<string, number>> | undefined;
  /** `user` by default. */
  readonly stream?: StreamName | undefined;
}

/** Joins or leaves a topic. */
export interface SubscriptionMessage<Type = "subscribe" | "unsubscribe"> {
  readonly type: Type;
  readonly ref?: Ref | undefined;
  readonly topic: string;
}

/** Its other fields are those of a notification that a backend publishes, without `to`. */
export interface PublishMessage {
  readonly type: "publish";
  readonly ref?: Ref | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly topic: string;
  readonly [field: string]: unknown;
}

/** A request is answered with `ok` once it is on disk, or with an error. */
export type RequestMessage =
  | MarkMessage
  | SubscriptionMessage<"subscribe">
  | SubscriptionMessage<"unsubscribe">
  | PublishMessage;

/** Every message that a client sends. */
export type ClientMessage =
  | HelloMessage
  | RefreshMessage
  | { readonly type: "pong" }
  | RequestMessage;

/** The answer to `hello`. The events that the device missed follow it. */
export interface WelcomeMessage {
  readonly type: "welcome";
  readonly session: string;
  readonly user: string;
  readonly heartbeatMs: number;
  /** When the token expires; RFC 3339. */
  readonly expiresAt: string;
  /** The service's time; RFC 3339. */
  readonly now: string;
  /** `oldest`: items below it are gone. */
  readonly streams: Readonly<Record<string, Cursor & { readonly oldest: number }>>;
  readonly counts: Counts;
}

export interface NotificationMessage {
  readonly type: "notification";
  readonly stream: StreamName;
  readonly seq: number;
  /** False for what the device missed. */
  readonly live: boolean;
  readonly item: Item;
  readonly counts: Counts;
  readonly oldest?: number;
}

export interface ChangeMessage {
  readonly type: "change";
  readonly stream: StreamName;
  readonly seq: number;
  /** False for what the device missed. */
  readonly live: boolean;
  readonly op: MarkOp | "replace" | "expire" | "recall" | "join" | "leave";
  /** Items by number. */
  readonly items?: readonly number[];
  /** Every item up to it. */
  readonly upTo?: number;
  /** The topic that the change concerns, where it is not a change of `stream` itself. */
  readonly target?: StreamName;
  /** Of a join: a publisher made it. */
  readonly granted?: boolean;
  readonly counts: Counts;
}

/** The device has everything of this stream up to `seq`. */
export interface CaughtUpMessage {
  readonly type: "caughtUp";
  readonly stream: StreamName;
  readonly seq: number;
  readonly oldest: number;
  readonly counts: Counts;
}

/** The device's cursor is of no use: the stream starts over with these items. */
export interface ResetMessage {
  readonly type: "reset";
  readonly stream: StreamName;
  readonly reason: "trimmed" | "epoch" | "new";
  /** Newest first. */
  readonly items: readonly NumberedItem[];
  readonly epoch: string;
  readonly seq: number;
  readonly counts: Counts;
}

export interface ErrorMessage {
  readonly type: "error";
  readonly ref?: Ref | undefined;
  readonly code: string;
  readonly message: string;
}

/** The last message on a connection. */
export interface DisconnectMessage {
  readonly type: "disconnect";
  readonly code: CloseCode;
  readonly reason: string;
  readonly reconnect: boolean;
  readonly retryAfterMs?: number;
}

/** Messages that change what the device knows of its streams. */
export type StreamMessage =
  | WelcomeMessage
  | NotificationMessage
  | ChangeMessage
  | CaughtUpMessage
  | ResetMessage;

/** Every message that the service sends. Later versions may send more types. */
export type ServerMessage =
  | StreamMessage
  | { readonly type: "ok"; readonly ref: Ref }
  | ErrorMessage
  | { readonly type: "ping" }
  | DisconnectMessage;
