import type { ItemFlags, Seq } from "../../domain/item.ts";
import { isTopic } from "../../domain/stream_name.ts";
import type { LogReader } from "../log_reader.ts";
import type { InboxStatus } from "./inbox.ts";
import { positionKey } from "./inbox_cursor.ts";
import { flagsIn, type UserStream } from "./user_streams.ts";

/** One item that could be the next of a page. */
interface Candidate {
  readonly seq: Seq;
  readonly flags: ItemFlags;
  readonly json: string;
  readonly bytes: number;
  readonly publishedAt: string;
  readonly category: string;
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
export class StreamReader {
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
