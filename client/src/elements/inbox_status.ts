import type { Connection, Snapshot } from "../types.ts";
import type { Filter } from "./item_list.ts";
import type { Texts } from "./texts.ts";

/** What fills the list: rows, or what stands there instead of rows. */
export type Body =
  | "items"
  /** Nothing is known yet, and it is on its way. */
  | "bones"
  /** It is known that there is nothing. */
  | "empty"
  /** Not all is loaded, and what is missing can't be loaded now. */
  | "partial"
  | "offline"
  | "unavailable"
  | "signedOut";

/** How an inbox stands, besides its rows. */
export interface InboxStatus {
  readonly filter: Filter;
  readonly unread: number;
  /** Empty where nothing is wrong, or where the body says it. */
  readonly notice: string;
  readonly canRetry: boolean;
  /** How many came out of sight. */
  readonly above: number;
  readonly body: Body;
  /** What an empty list says may be out of date: there is no connection. */
  readonly isStale: boolean;
  /** The bell was closed for good: nothing can be marked. */
  readonly isOver: boolean;
  readonly more: "loading" | "failed" | "away" | undefined;
}

/**
 * What an inbox remembers of one bell. With another bell it begins anew, so that an answer that comes
 * late changes nothing of what is shown by then.
 */
export interface Memory {
  /** So many rows are drawn at most. */
  drawn: number;
  /** How many came while the newest were out of sight. */
  above: number;
  loading: boolean;
  loadFailed: boolean;
  /** A mark was refused. */
  failed: boolean;
  /** The connection has been broken for so long that it is worth saying. */
  waited: boolean;
  /** By how much the times that are shown were corrected. */
  skewMs: number | undefined;
}

/**
 * Says how an inbox stands. It never says that there is nothing where that is not known.
 *
 * @param snapshot undefined where there is no bell
 * @param shown how many loaded notifications the filter shows
 */
export function statusOf(
  { snapshot, filter, shown, memory, isScrolled, texts }: {
    readonly snapshot: Snapshot | undefined;
    readonly filter: Filter;
    readonly shown: number;
    readonly memory: Memory;
    readonly isScrolled: boolean;
    readonly texts: Texts;
  },
): InboxStatus {
  const { connection, counts, loaded } = snapshot ?? NOTHING;
  const { state, error } = connection;
  const isComplete = snapshot === undefined || !lacks(snapshot, filter, shown);
  const body = shown > 0 ? "items" : bodyWithoutRows(connection, loaded, isComplete, memory);
  const isOver = state === "closed" && (error === undefined || error.code === SIGNED_OUT);
  const saysItself = body === "offline" || body === "signedOut" || body === "unavailable";
  return {
    filter,
    unread: counts.unread,
    notice: saysItself ? "" : noticeOf(connection, memory, texts),
    canRetry: (state === "closed" && !isOver) || (state === "reconnecting" && memory.waited) ||
      (body === "unavailable" && state === "live"),
    above: isScrolled ? memory.above : 0,
    body,
    isStale: state !== "live",
    isOver,
    more: body !== "items" || isComplete
      ? undefined
      : memory.loadFailed
      ? "failed"
      : memory.loading
      ? "loading"
      : state === "offline" || state === "closed" || memory.waited
      ? "away"
      : undefined,
  };
}

/** Whether a filter may show notifications that are not loaded. */
export function lacks({ hasMore, counts }: Snapshot, filter: Filter, shown: number): boolean {
  // The service counts what is unread, loaded or not.
  return hasMore && !(filter === "unread" && shown >= counts.unread);
}

/** The code of a connection that was closed because nobody is signed in. */
const SIGNED_OUT = "signed_out";

const NOTHING = {
  connection: { state: "connecting" },
  counts: { unread: 0 },
  loaded: false,
} as Pick<Snapshot, "connection" | "counts" | "loaded">;

function bodyWithoutRows(
  { state, error }: Connection,
  loaded: boolean,
  isComplete: boolean,
  { loadFailed, waited }: Memory,
): Body {
  if (error?.code === SIGNED_OUT) return "signedOut";
  if (loaded && isComplete) return "empty";
  if (state === "live") return loadFailed ? "unavailable" : "bones";
  if (state === "connecting" || (state === "reconnecting" && !waited)) return "bones";
  if (loaded) return "partial";
  return state === "offline" ? "offline" : "unavailable";
}

function noticeOf({ state, error }: Connection, memory: Memory, texts: Texts): string {
  if (error?.code === SIGNED_OUT) return texts.signedOut;
  if (state === "closed") return texts.closed;
  if (state === "offline") return texts.offline;
  if (state === "reconnecting" && memory.waited) return texts.reconnecting;
  return memory.failed ? texts.failed : "";
}
