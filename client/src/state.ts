import type {
  Cursor,
  MarkMessage,
  PublishMessage,
  SubscriptionMessage,
} from "../../protocol/messages.ts";
import type { Cursors } from "./transport.ts";
import type { Counts, Notification } from "./notification.ts";

/** A stream as far as it is known here. */
export interface Stream extends Cursor {
  /** Ascending by `seq`. */
  readonly items: readonly Notification[];
}

/** Something that the user asked for and that the service has not answered yet. */
export interface Request {
  readonly id: string;
  readonly message: RequestMessage;
  /** Where the device stood when it was asked for: in another epoch a mark's numbers mean something else. */
  readonly cursors: Cursors;
}

/** All that a device knows of a user, besides how it is connected. Plain data that can be stored. */
export interface State {
  readonly streams: Readonly<Record<string, Stream>>;
  readonly counts: Counts;
  /** In the order in which they were asked for. */
  readonly queue: readonly Request[];
  /** Where the next page of older items begins; null after the last, undefined before the first. */
  readonly next?: string | null | undefined;
  /** The cursor of server-sent events, where the last messages came over those. */
  readonly eventId?: string | undefined;
  /** Below it a stream has no items any more; as the last welcome had it. */
  readonly oldest?: Readonly<Record<string, number>>;
  /** Whether everything was here at some time: each stream that a welcome had named, caught up. */
  readonly loaded?: boolean;
  /** Whether system notifications were asked for. */
  readonly system?: boolean;
}

/** Of each stream the newest. */
const KEPT_ITEMS = 100;

export const EMPTY: State = { streams: {}, counts: { unread: 0, unseen: 0 }, queue: [] };

/**
 * Whether something is a state: what lies on a disk, or what another tab posts, may be of another version
 * of this client.
 */
export function isState(it: unknown): it is State {
  try {
    const { streams, counts: { unread, unseen }, queue } = it as State;
    return unread >= 0 && unseen >= 0 && queue.every(isRequest) &&
      Object.values(streams).every(({ epoch, seq, items }) =>
        seq >= 0 && isText(epoch) &&
        items.every(({ id, seq, title, publishedAt }) =>
          seq >= 0 && isText(id) && isText(title) && isText(publishedAt)
        )
      );
  } catch {
    return false;
  }
}

/** @throws where it is nothing like one */
export function isRequest({ id, message, cursors }: Request): boolean {
  return isText(id) && isText(message.type) && Object(cursors) === cursors;
}

function isText(it: unknown): boolean {
  return typeof it === "string";
}

/** Whether there may be items that are not here. */
export function hasMore({ streams, next, oldest = {} }: State): boolean {
  if (next !== undefined) return next !== null;
  return Object.entries(streams).some(([name, { items, seq }]) =>
    (items[0]?.seq ?? seq + 1) > (oldest[name] ?? 0)
  );
}

/** Where a device stands in each stream. */
export function cursorsOf({ streams }: State): Cursors {
  return mapValues(streams, ({ epoch, seq }) => ({ epoch, seq }));
}

/** Which items of a stream a request is about; undefined where none, or where they are others by now. */
export function scopeIn(
  { message, cursors }: Request,
  name: string,
  stream: Cursor | undefined,
): Scope | undefined {
  if (message.type !== "mark" || !stream || cursors[name]?.epoch !== stream.epoch) return undefined;
  const upTo = message.upTo?.[name];
  if (upTo !== undefined) return { upTo };
  return name === message.stream ? { items: message.items ?? [] } : undefined;
}

/**
 * So much of a state is kept on disk: a page to show at once, and where it ends the device asks the
 * service for more.
 */
export function toKeep(state: State): State {
  let cut = false;
  const streams = mapValues(state.streams, (stream) => {
    cut ||= stream.items.length > KEPT_ITEMS;
    return { ...stream, items: stream.items.slice(-KEPT_ITEMS) };
  });
  return { ...state, streams, next: cut ? undefined : state.next };
}

/** An object of the same keys with other values. */
export function mapValues<T, U>(
  object: Readonly<Record<string, T>>,
  map: (value: T) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

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
