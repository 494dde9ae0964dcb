import { countsOf, type Head } from "../domain/head.ts";
import type { Counts, ItemFlags, Seq } from "../domain/item.ts";
import { type UserId, userStream } from "../domain/stream_name.ts";
import { text, utf8 } from "./codec/bytes.ts";
import { InvalidCursor } from "./errors.ts";
import type { Heads } from "./heads.ts";
import type { Inbox, InboxPage, InboxQuery, InboxStatus } from "./inbox.ts";
import type { LogReader, StoredItem } from "./log.ts";

/** Items that are looked at in one go for a category. */
const CATEGORY_PAGE = 100;

/** The inbox of a user, read from the head and the items that it lists. */
export class KvInbox implements Inbox {
  readonly #heads: Heads;
  readonly #log: LogReader;

  constructor({ heads, log }: { heads: Heads; log: LogReader }) {
    this.#heads = heads;
    this.#log = log;
  }

  async counts(user: UserId): Promise<Counts> {
    const head = await this.#heads.read(userStream(user));
    return head === undefined ? { unread: 0, unseen: 0 } : countsOf(head);
  }

  async list(user: UserId, query: InboxQuery): Promise<InboxPage> {
    const before = query.cursor === undefined ? Infinity : decodeCursor(query.cursor);
    const stream = userStream(user);
    const head = await this.#heads.read(stream);
    if (head === undefined) return { items: [], counts: { unread: 0, unseen: 0 } };
    const wanted: StoredItem[] = [];
    let candidates = select(head, query.status, before, pageSize(query));
    while (candidates.length > 0) {
      const rows = await this.#log.items(stream, head, candidates.toReversed());
      for (const row of rows.reverse()) {
        if (query.category === undefined || categoryOf(row) === query.category) wanted.push(row);
      }
      if (wanted.length > query.limit || candidates.length < pageSize(query)) break;
      candidates = select(head, query.status, candidates.at(-1) as Seq, pageSize(query));
    }
    const items = wanted.slice(0, query.limit);
    const last = items.at(-1);
    const page = { items: items.map(inboxItem), counts: countsOf(head) };
    return wanted.length > query.limit && last !== undefined
      ? { ...page, next: encodeCursor(last.seq) }
      : page;
  }
}

/** One more than asked for tells whether there is a next page. */
function pageSize({ category, limit }: InboxQuery): number {
  return category === undefined ? limit + 1 : CATEGORY_PAGE;
}

/** The newest items below `before` that have this status, newest first. */
function select(head: Head, status: InboxStatus, before: Seq, limit: number): Seq[] {
  const seqs: Seq[] = [];
  head.live.visitNewestFirst(before, head.seenUpTo, (seq, flags) => {
    if (hasStatus(flags, status)) seqs.push(seq);
    return seqs.length < limit;
  });
  return seqs;
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

function categoryOf({ json }: StoredItem): string {
  return (JSON.parse(json) as { category: string }).category;
}

function inboxItem({ seq, json, flags }: StoredItem): string {
  const { read, seen, archived } = flags;
  return `{"stream":"user","seq":${seq},${json.slice(1, -1)},` +
    `"read":${read},"seen":${seen},"archived":${archived}}`;
}

/**
 * A cursor says below which item a page goes on, so it stays valid whatever happens to the items. It
 * is opaque: more can go into it without a client noticing.
 */
function encodeCursor(before: Seq): string {
  return utf8(JSON.stringify({ before })).toBase64({ alphabet: "base64url", omitPadding: true });
}

function decodeCursor(cursor: string): Seq {
  try {
    const bytes = Uint8Array.fromBase64(cursor, { alphabet: "base64url" });
    const { before } = JSON.parse(text(bytes)) as { before?: unknown };
    if (typeof before === "number" && Number.isSafeInteger(before)) return before;
  } catch {
    // Falls through to the one answer for all that is not a cursor.
  }
  throw new InvalidCursor();
}
