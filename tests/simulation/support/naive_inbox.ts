import type { MarkOp } from "../../../src/domain/event.ts";
import type { InboxQuery } from "../../../src/store/inbox/inbox.ts";

/** An item as one user has it. */
export interface NaiveEntry {
  readonly stream: string;
  readonly seq: number;
  readonly title: string;
  readonly category: string;
  /** Milliseconds since the epoch. */
  readonly publishedAt: number;
  read: boolean;
  seen: boolean;
  archived: boolean;
}

/** A user's inbox over all streams in the plainest words: a list, from which things go. */
export class NaiveInbox {
  entries: NaiveEntry[] = [];
  readonly topics = new Set<string>(["topic:everyone"]);

  /** @returns whether the stream concerns the user */
  follows(stream: string): boolean {
    return stream === "user" || this.topics.has(stream);
  }

  add(entry: Pick<NaiveEntry, "stream" | "seq" | "title" | "category" | "publishedAt">): void {
    if (!this.follows(entry.stream)) return;
    this.entries.push({ ...entry, read: false, seen: false, archived: false });
  }

  remove(stream: string, seq: number): void {
    this.entries = this.entries.filter((entry) => entry.stream !== stream || entry.seq !== seq);
  }

  leave(stream: string): void {
    if (!this.topics.delete(stream)) return;
    this.entries = this.entries.filter((entry) => entry.stream !== stream);
  }

  /** @param last the stream's newest event */
  mark(op: MarkOp, { stream, items, upTo, last }: {
    stream: string;
    items?: readonly number[];
    upTo?: number;
    last: number;
  }): void {
    const bound = op === "seen" && items !== undefined
      ? Math.max(0, ...items.filter((seq) => seq <= last))
      : Math.min(upTo ?? 0, last);
    const isMeant = ({ seq }: NaiveEntry) =>
      seq <= bound || (op !== "seen" && items?.includes(seq) === true);
    for (const entry of this.entries) {
      if (entry.stream !== stream || !isMeant(entry)) continue;
      if (op === "read" || op === "unread") entry.read = op === "read";
      if (op === "archive" || op === "unarchive") entry.archived = op === "archive";
      if (op === "seen") entry.seen = true;
      if (op === "delete") this.remove(stream, entry.seq);
    }
  }

  /** All that a query asks for, newest first. */
  list({ status, category, topic }: Omit<InboxQuery, "limit" | "cursor">): NaiveEntry[] {
    return this.entries
      .filter(({ stream }) => topic === undefined || stream === `topic:${topic}`)
      .filter((entry) => category === undefined || entry.category === category)
      .filter(({ read, archived }) => {
        if (status === "all") return true;
        if (status === "archived") return archived;
        return !archived && (status === "active" || !read);
      })
      .sort((a, b) => b.publishedAt - a.publishedAt);
  }

  get counts(): { unread: number; unseen: number } {
    const unread = this.entries.filter(({ read, archived }) => !read && !archived);
    return { unread: unread.length, unseen: unread.filter(({ seen }) => !seen).length };
  }
}
