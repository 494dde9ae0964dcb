import type { Counts, MarkOp, Notification } from "./notification.ts";

/** Where a device stands in a stream. */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/** An item as it comes in a message; all but its flags is as it was published. */
export type WireItem = Omit<Notification, "stream" | "seq">;

/** Which items a change names: some, or all up to a number. */
export interface Scope {
  readonly items?: readonly number[];
  readonly upTo?: number;
}

export interface ChangeMessage extends Scope {
  readonly type: "change";
  readonly stream: string;
  readonly seq: number;
  readonly live: boolean;
  readonly op: string;
  readonly target?: string;
  readonly counts: Counts;
}

/** Messages that tell what the user has. */
export type StreamMessage =
  | {
    readonly type: "welcome";
    readonly user: string;
    readonly heartbeatMs: number;
    readonly expiresAt: string;
    /** What time it is at the service; services of earlier versions don't say. */
    readonly now?: string;
    readonly streams: Readonly<Record<string, Cursor & { readonly oldest: number }>>;
    readonly counts: Counts;
  }
  | {
    readonly type: "reset";
    readonly stream: string;
    readonly reason: string;
    readonly items: readonly (WireItem & { readonly seq: number })[];
    readonly epoch: string;
    readonly seq: number;
    readonly counts: Counts;
  }
  | {
    readonly type: "notification";
    readonly stream: string;
    readonly seq: number;
    readonly live: boolean;
    readonly item: WireItem;
    readonly counts: Counts;
    readonly oldest?: number;
  }
  | {
    readonly type: "caughtUp";
    readonly stream: string;
    readonly seq: number;
    readonly oldest?: number;
    readonly counts?: Counts;
  }
  | ChangeMessage;

/** Whatever the service says; there may be more types than these. */
export type ServerMessage =
  | StreamMessage
  | { readonly type: "ping" }
  | { readonly type: "ok"; readonly ref: string }
  | {
    readonly type: "error";
    readonly ref?: string;
    readonly code: string;
    readonly message: string;
  }
  | {
    readonly type: "disconnect";
    readonly code: number;
    readonly reason: string;
    readonly reconnect: boolean;
    readonly retryAfterMs?: number;
  };

/** What the user asks for, as it is sent. */
export type RequestMessage =
  | {
    readonly type: "mark";
    readonly op: MarkOp;
    readonly stream?: string;
    readonly items?: readonly number[];
    readonly upTo?: Readonly<Record<string, number>>;
  }
  | { readonly type: "subscribe" | "unsubscribe"; readonly topic: string }
  | {
    readonly type: "publish";
    readonly idempotencyKey: string;
    readonly topic: string;
    readonly title: string;
    readonly [field: string]: unknown;
  };

export type ClientMessage =
  | {
    readonly type: "hello";
    readonly token: string;
    readonly device: string | undefined;
    readonly resume: Readonly<Record<string, Cursor>>;
  }
  | { readonly type: "refresh"; readonly token: string; readonly ref: string }
  | { readonly type: "pong" }
  | (RequestMessage & { readonly ref: string });
