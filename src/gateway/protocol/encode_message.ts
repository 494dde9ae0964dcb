import type { Change, LiveEvent } from "../../domain/event.ts";
import type { Counts, ItemFlags, Seq } from "../../domain/item.ts";
import type { ResetReason } from "../../domain/resume.ts";
import type { StoredChange, StoredItem } from "../../store/log_reader.ts";
import { asksToReconnect, type Closing } from "./close_code.ts";

/** The name of a stream in messages: `user` or `topic:<name>`. */
export type WireStream = "user" | `topic:${string}`;

/** A stream as a client sees it when it connects. */
export interface StreamState {
  readonly epoch: string;
  readonly seq: Seq;
  readonly oldest: Seq;
}

/*
 * The server's messages as JSON. An item is stored as JSON and spliced in as it is: encoding an event
 * takes a few concatenations, whatever the notification holds.
 */

export const PING = '{"type":"ping"}';

/** No more than this is put around an item's own JSON. */
export const FLAGS_BYTES = 256;

const NEW_ITEM: ItemFlags = { read: false, seen: false, archived: false };

export function encodeWelcome(welcome: {
  session: string;
  user: string;
  heartbeatMs: number;
  expiresAt: string;
  now: string;
  streams: Readonly<Record<string, StreamState>>;
  counts: Counts;
}): string {
  return JSON.stringify({ type: "welcome", ...welcome });
}

/** A message but for the counts in it, which differ from user to user. */
export interface LiveMessage {
  readonly before: string;
  readonly after: string;
}

/** An event that has just happened. */
export function encodeLive(stream: WireStream, event: LiveEvent): LiveMessage {
  if (event.kind === "change") {
    return { before: beforeCounts({ stream, live: true, ...event }), after: "}" };
  }
  const { seq, item, oldest } = event;
  return {
    before: `{"type":"notification","stream":"${stream}","seq":${seq},"live":true,` +
      `"item":${itemJson(item.json, NEW_ITEM)},"counts":`,
    after: oldest === undefined ? "}" : `,"oldest":${oldest}}`,
  };
}

export function withCounts({ before, after }: LiveMessage, counts: Counts): string {
  return before + countsJson(counts) + after;
}

/** A stored item with its flags, which depend on the reader. */
export type FlaggedItem = StoredItem & { readonly flags: ItemFlags };

/** What a device can have missed. */
export type MissedEntry = FlaggedItem | StoredChange;

/** Something of the past that a device has missed. */
export function encodeMissed(stream: WireStream, entry: MissedEntry, counts: Counts): string {
  if (entry.kind === "change") {
    const { seq, change } = entry;
    return beforeCounts({ stream, seq, live: false, change }) + countsJson(counts) + "}";
  }
  return `{"type":"notification","stream":"${stream}","seq":${entry.seq},"live":false,` +
    `"item":${itemJson(entry.json, entry.flags)},"counts":${countsJson(counts)}}`;
}

export function encodeCaughtUp(
  stream: WireStream,
  { seq, oldest, counts }: { seq: Seq; oldest: Seq; counts: Counts },
): string {
  return `{"type":"caughtUp","stream":"${stream}","seq":${seq},"oldest":${oldest},` +
    `"counts":${countsJson(counts)}}`;
}

/** @param reset items newest first; those that don't fit into `maxBytes` are left out */
export function encodeReset(reset: {
  stream: WireStream;
  reason: ResetReason;
  items: readonly FlaggedItem[];
  epoch: string;
  seq: Seq;
  counts: Counts;
  maxBytes: number;
}): string {
  const parts: string[] = [];
  let room = reset.maxBytes;
  for (const { seq, json, bytes, flags } of reset.items) {
    room -= bytes + FLAGS_BYTES;
    if (room < 0) break;
    parts.push(`{"seq":${seq},${itemJson(json, flags).slice(1)}`);
  }
  return `{"type":"reset","stream":"${reset.stream}","reason":"${reset.reason}",` +
    `"items":[${parts.join(",")}],"epoch":${JSON.stringify(reset.epoch)},"seq":${reset.seq},` +
    `"counts":${countsJson(reset.counts)}}`;
}

export function encodeOk(ref: Ref): string {
  return JSON.stringify({ type: "ok", ref });
}

/** What a client calls one of its messages, to recognise the answer. */
export type Ref = string | number;

export function encodeError(
  error: { code: string; message: string; ref?: Ref | undefined },
): string {
  return JSON.stringify({ type: "error", ...error });
}

export function encodeDisconnect({ code, reason, retryAfterMs }: Closing): string {
  const reconnect = asksToReconnect(code);
  return JSON.stringify({ type: "disconnect", code, reason, reconnect, retryAfterMs });
}

function beforeCounts(
  { stream, seq, live, change }: {
    stream: WireStream;
    seq: Seq;
    live: boolean;
    change: Change;
  },
): string {
  const json = JSON.stringify({ type: "change", stream, seq, live, ...change });
  return `${json.slice(0, -1)},"counts":`;
}

function itemJson(json: string, { read, seen, archived }: ItemFlags): string {
  return `${json.slice(0, -1)},"read":${read},"seen":${seen},"archived":${archived}}`;
}

function countsJson({ unread, unseen }: Counts): string {
  return `{"unread":${unread},"unseen":${unseen}}`;
}

/**
 * Names of streams' incarnations as clients see them: the database's own epoch goes in front, so that
 * a database restored from a backup, which numbers events anew, makes every device start over.
 */
export class WireEpochs {
  readonly #prefix: string;

  constructor(databaseEpoch: string) {
    this.#prefix = `${databaseEpoch}.`;
  }

  toWire(epoch: string): string {
    return this.#prefix + epoch;
  }

  /** The epoch as the stream's head has it; of another database, one that no head has. */
  fromWire(epoch: string): string {
    return epoch.startsWith(this.#prefix) ? epoch.slice(this.#prefix.length) : "";
  }
}
