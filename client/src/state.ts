import type { Cursor, RequestMessage } from "./messages.ts";
import type { Counts, Notification } from "./types.ts";

/** A stream as far as it is known here. */
export interface Stream extends Cursor {
  /** Ascending by `seq`. */
  readonly items: readonly Notification[];
}

/** Something that the user asked for and that the service has not answered yet. */
export interface Request {
  readonly id: string;
  readonly message: RequestMessage;
  /** Of the streams that a mark names: in another epoch their numbers mean something else. */
  readonly epochs?: Readonly<Record<string, string>>;
}

/** All that a device knows of a user, besides how it is connected. Plain data that can be stored. */
export interface State {
  readonly streams: Readonly<Record<string, Stream>>;
  readonly counts: Counts;
  /** In the order in which they were asked for. */
  readonly queue: readonly Request[];
  /** Where the next page of older items begins; null after the last, undefined before the first. */
  readonly next?: string | null;
  /** The cursor of server-sent events, where the last messages came over those. */
  readonly eventId?: string | undefined;
  /** Below it a stream has no items any more; as the last welcome had it. */
  readonly oldest?: Readonly<Record<string, number>>;
  /** Whether system notifications were asked for. */
  readonly system?: boolean;
}

/** As many items come with a reset at most. */
const RESET_ITEMS = 50;

export const EMPTY: State = { streams: {}, counts: { unread: 0, unseen: 0 }, queue: [] };

/** Whether there may be items that are not here. */
export function hasMore({ streams, next, oldest = {} }: State): boolean {
  if (next !== undefined) return next !== null;
  return Object.entries(streams).some(([name, { items }]) => {
    const from = oldest[name];
    return from === undefined ? items.length >= RESET_ITEMS : (items[0]?.seq ?? 0) > from;
  });
}

/** Whether this stream is one that a request's numbers belong to. */
export function concerns({ epochs }: Request, name: string, { epoch }: Cursor): boolean {
  return epochs?.[name] === epoch;
}

/**
 * So much of a state is kept on disk: a page to show at once, and where it ends the device asks the
 * service for more.
 *
 * @param kept items that are kept of each stream, the newest
 */
export function toKeep(state: State, kept = 100): State {
  let cut = false;
  const streams = Object.fromEntries(
    Object.entries(state.streams).map(([name, stream]) => {
      cut ||= stream.items.length > kept;
      return [name, { ...stream, items: stream.items.slice(-kept) }];
    }),
  );
  const { next, ...rest } = state;
  return { ...rest, streams, ...(cut || next === undefined ? {} : { next }) };
}
