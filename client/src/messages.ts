import type { MarkMessage, PublishMessage, SubscriptionMessage } from "../../protocol/messages.ts";

export type { StreamName } from "../../protocol/notification.ts";
export type {
  ChangeMessage,
  ClientMessage,
  Cursor,
  ServerMessage,
  StreamMessage,
} from "../../protocol/messages.ts";

/** The items that a change names: some, or all up to a number. */
export interface Scope {
  readonly items?: readonly number[] | undefined;
  readonly upTo?: number;
}

/** A request as this client makes it; it gets its `ref` when it is sent. */
export type RequestMessage =
  | Omit<MarkMessage, "ref" | "upTo"> & { readonly upTo?: Readonly<Record<string, number>> }
  | Omit<SubscriptionMessage, "ref">
  | PublishMessage;
