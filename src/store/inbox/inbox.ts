import type { Counts, ItemFlags, Seq } from "../../domain/item.ts";
import { type TopicStream, topicStream, type UserId } from "../../domain/stream_name.ts";
import type { TopicMembership } from "../../domain/topic_membership.ts";
import type { Reading } from "../../limits/work_cost.ts";
import type { LogReader } from "../log_reader.ts";
import { decodeCursor, encodeCursor, type InboxPosition, positionKey } from "./inbox_cursor.ts";
import { StreamReader } from "./stream_reader.ts";
import { totalOf, type UserStream, type UserStreams } from "./user_streams.ts";
import { notAMember } from "../../errors.ts";

export type InboxStatus = "active" | "unread" | "archived" | "all";

/** Whose inbox it is, and which of the user's memberships count for who asks. */
export interface Reader {
  readonly user: UserId;
  readonly isInForce: (topic: TopicStream, membership: TopicMembership) => boolean;
}

export interface InboxQuery {
  readonly status: InboxStatus;
  readonly category?: string;
  /** Only this topic. */
  readonly topic?: string;
  /** 1–100 */
  readonly limit: number;
  /** The `next` of an earlier page. */
  readonly cursor?: string;
}

export interface InboxPage {
  /** Each is one item as JSON text, flags, `stream` and `seq` included; newest first. */
  readonly items: readonly string[];
  readonly counts: Counts;
  /** Absent on the last page. A page may hold fewer items than asked for, and yet not be the last. */
  readonly next?: string;
  /** What was read for it. */
  readonly read: Reading;
}

/** A user's totals, and what was read for them. */
export interface InboxCounts {
  readonly counts: Counts;
  readonly read: Reading;
}

/** Rows that are looked at for one page; a category that is rare makes pages short. */
const LOOKED_MAX = 1_000;
/** Bytes of rows that are looked at for one page, and are not on it. */
const SKIPPED_MAX = 512 * 1024;
/** Rows that are read of a stream at once, … */
const CHUNK_MAX = 100;
/** … and bytes that are read at once of all streams together, as far as earlier rows tell. */
const CHUNK_BYTES = 512 * 1024;

/**
 * Reads a user's inbox from the heads of the user's streams and the items that they list: the user's own
 * stream and the topics. Rejects with `unavailable`.
 */
export class Inbox {
  readonly #streams: UserStreams;
  readonly #log: LogReader;

  constructor({ streams, log }: { streams: UserStreams; log: LogReader }) {
    this.#streams = streams;
    this.#log = log;
  }

  async counts(reader: Reader): Promise<InboxCounts> {
    const streams = await this.#streams.of(reader);
    return { counts: totalOf(streams), read: { rows: streams.length, bytes: 0 } };
  }

  /**
   * Goes through all streams at once, always taking the newest of what comes next in each. Rejects with
   * `invalid_request`, and with `forbidden` for a topic that the user does not belong to.
   */
  async list(reader: Reader, query: InboxQuery): Promise<InboxPage> {
    const position = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const wantedStream = query.topic === undefined ? undefined : topicStream(query.topic);
    const all = await this.#streams.of(reader, wantedStream);
    const streams = all.filter(({ stream }) =>
      wantedStream === undefined || stream === wantedStream
    );
    if (query.topic !== undefined && all.length > 0 && streams.length === 0) {
      throw notAMember();
    }
    // Of a category it may take looking at many; of many streams, at as many together.
    const wanted = query.category === undefined ? query.limit + 1 : LOOKED_MAX;
    const count = Math.max(1, streams.length);
    const chunk = {
      rows: Math.min(CHUNK_MAX, Math.ceil(wanted / count) + 1),
      first: Math.min(CHUNK_MAX, Math.ceil((query.limit + 1) / count) + 1),
      bytes: CHUNK_BYTES / count,
    };
    const readers = streams.map((stream) =>
      new StreamReader(stream, this.#log, {
        status: query.status,
        before: beforeOf(stream, position),
        chunk,
      })
    );
    const items: string[] = [];
    let looked = 0;
    let skipped = 0;
    let next = await newest(readers);
    while (
      next !== undefined && items.length < query.limit && looked < LOOKED_MAX &&
      skipped < SKIPPED_MAX
    ) {
      const { flags, seq, json, bytes, category } = next.take();
      looked++;
      if (query.category === undefined || category === query.category) {
        items.push(inboxItem({ stream: next.name, seq, json, flags }));
      } else skipped += bytes;
      next = await newest(readers);
    }
    const page = { items, counts: totalOf(all), read: readBy(readers) };
    if (next === undefined) return page;
    return { ...page, next: encodeCursor(new Map(readers.map((one) => one.position))) };
  }
}

function readBy(readers: readonly StreamReader[]): Reading {
  return {
    // Each stream's head was read as well.
    rows: readers.reduce((sum, { done }) => sum + done.rows + 1, 0),
    bytes: readers.reduce((sum, { done }) => sum + done.bytes, 0),
  };
}

/** The reader whose next item is the newest of all; of those of one moment the first reader's. */
async function newest(readers: readonly StreamReader[]): Promise<StreamReader | undefined> {
  const heads = await Promise.all(readers.map((reader) => reader.peek()));
  let best = -1;
  heads.forEach((head, i) => {
    if (head === undefined) return;
    const leader = heads[best];
    if (leader === undefined || head.publishedAt > leader.publishedAt) best = i;
  });
  return readers[best];
}

/** A page goes on where the one before ended; what came to other streams meanwhile is left out. */
function beforeOf({ stream, head }: UserStream, position: InboxPosition | undefined): Seq {
  if (position === undefined) return head.seq + 1;
  return position.get(positionKey(stream)) ?? 0;
}

function inboxItem(
  { stream, seq, json, flags: { read, seen, archived } }: {
    stream: string;
    seq: Seq;
    json: string;
    flags: ItemFlags;
  },
): string {
  return `{"stream":"${stream}","seq":${seq},${json.slice(1, -1)},` +
    `"read":${read},"seen":${seen},"archived":${archived}}`;
}
