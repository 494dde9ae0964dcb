import type { ItemFlags, Seq } from "../../domain/item.ts";
import type { Reading } from "../../limits/work_cost.ts";
import { isTopic, topicStream } from "../../domain/stream_name.ts";
import { NotAMember } from "../errors.ts";
import { decodeCursor, encodeCursor, type InboxPosition, positionKey } from "./inbox_cursor.ts";
import type { Inbox, InboxCounts, InboxPage, InboxQuery, InboxStatus, Reader } from "./inbox.ts";
import type { LogReader } from "../log.ts";
import { flagsIn, totalOf, type UserStream, type UserStreams } from "./user_streams.ts";

/** Rows that are looked at for one page; a category that is rare makes pages short. */
const LOOKED_MAX = 1_000;
/** Bytes of rows that are looked at for one page, and are not on it. */
const SKIPPED_MAX = 512 * 1024;
/** Rows that are read of a stream at once, … */
const CHUNK_MAX = 100;
/** … and bytes that are read at once of all streams together, as far as earlier rows tell. */
const CHUNK_BYTES = 512 * 1024;

/** One item that could be the next of a page. */
interface Candidate {
  readonly seq: Seq;
  readonly flags: ItemFlags;
  readonly json: string;
  readonly bytes: number;
  readonly publishedAt: string;
  readonly category: string;
}

/** The inbox of a user, read from the heads of the user's streams and the items that they list. */
export class KvInbox implements Inbox {
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

  /** Goes through all streams at once, always taking the newest of what comes next in each. */
  async list(reader: Reader, query: InboxQuery): Promise<InboxPage> {
    const position = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const wantedStream = query.topic === undefined ? undefined : topicStream(query.topic);
    const all = await this.#streams.of(reader, wantedStream);
    const streams = all.filter(({ stream }) =>
      wantedStream === undefined || stream === wantedStream
    );
    if (query.topic !== undefined && all.length > 0 && streams.length === 0) {
      throw new NotAMember();
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

/** How much is read of a stream at once. */
interface ChunkSizes {
  /** Rows at first. */
  readonly first: number;
  /** Rows at most. */
  readonly rows: number;
  /** Bytes, about. */
  readonly bytes: number;
}

/** Reads the items of one stream that have a status, newest first, some rows at a time. */
class StreamReader {
  readonly name: string;
  readonly #stream: UserStream;
  readonly #log: LogReader;
  readonly #status: InboxStatus;
  readonly #chunk: ChunkSizes;
  /** Rows to read next. */
  #rows: number;
  /** Above it everything was taken. */
  #before: Seq;
  /** Above it everything was read. */
  #readBefore: Seq;
  #read: Candidate[] = [];
  /** What was read so far. */
  readonly done = { rows: 0, bytes: 0 };

  constructor(
    stream: UserStream,
    log: LogReader,
    { status, before, chunk }: { status: InboxStatus; before: Seq; chunk: ChunkSizes },
  ) {
    this.name = isTopic(stream.stream) ? stream.stream : "user";
    this.#stream = stream;
    this.#log = log;
    this.#status = status;
    this.#chunk = chunk;
    this.#rows = chunk.first;
    this.#before = this.#readBefore = before;
  }

  get position(): readonly [string, Seq] {
    return [positionKey(this.#stream.stream), this.#before];
  }

  /** The next item; undefined where there is none. */
  async peek(): Promise<Candidate | undefined> {
    while (this.#read.length === 0 && await this.#readOn());
    return this.#read[0];
  }

  /** Takes the item that {@link StreamReader.peek} has shown. */
  take(): Candidate {
    const taken = this.#read.shift() as Candidate;
    this.#before = taken.seq;
    return taken;
  }

  /** Resolves with whether there may have been more. */
  async #readOn(): Promise<boolean> {
    const { stream, head } = this.#stream;
    const seqs: Seq[] = [];
    head.live.visitNewestFirst(this.#readBefore, head.seenUpTo, (seq) => {
      const flags = flagsIn(this.#stream, seq);
      if (flags !== undefined && hasStatus(flags, this.#status)) seqs.push(seq);
      return seqs.length < this.#rows;
    });
    if (seqs.length === 0) return false;
    this.#readBefore = seqs.at(-1) as Seq;
    const rows = await this.#log.items(stream, head, seqs.reverse());
    this.#read = rows.reverse().map(({ seq, json, bytes, said }) => (
      { seq, json, bytes, ...said, flags: flagsIn(this.#stream, seq) as ItemFlags }
    ));
    this.#note(seqs.length);
    return true;
  }

  /** Most that ask for a category find it soon; the others get larger pieces, unless rows are large. */
  #note(rows: number): void {
    const { done } = this;
    done.rows += rows;
    for (const { bytes } of this.#read) done.bytes += bytes;
    const fitting = Math.floor(this.#chunk.bytes * done.rows / Math.max(1, done.bytes));
    this.#rows = Math.max(1, Math.min(this.#rows * 2, this.#chunk.rows, fitting));
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

function hasStatus({ read, archived }: ItemFlags, status: InboxStatus): boolean {
  switch (status) {
    case "active":
      return !archived;
    case "unread":
      return !read && !archived;
    case "archived":
      return archived;
    case "all":
      return true;
  }
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
