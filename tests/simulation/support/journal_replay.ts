import assert from "node:assert/strict";
import type { Change, StreamEvent } from "../../../src/domain/event.ts";
import { countsOf, type Head } from "../../../src/domain/head.ts";
import type { Counts, Seq } from "../../../src/domain/item.ts";

/** A row of a stream as it was written. */
export type LoggedRow =
  | { readonly kind: "item"; readonly id: string }
  | { readonly kind: "change"; readonly change: Change };

interface Flags {
  read: boolean;
  archived: boolean;
}

/**
 * What a stream comes to, told from its rows alone: each is taken in turn, and everything is counted
 * anew.
 */
export class Replay {
  readonly live = new Map<Seq, Flags>();
  readonly #itemsMax: number;
  #seenUpTo = 0;

  constructor({ itemsMax }: { itemsMax: number }) {
    this.#itemsMax = itemsMax;
  }

  take(seq: Seq, row: LoggedRow): void {
    if (row.kind === "change") return this.#change(row.change);
    this.live.set(seq, { read: false, archived: false });
    while (this.live.size > this.#itemsMax) this.live.delete(Math.min(...this.live.keys()));
  }

  get counts(): Counts {
    const unread = [...this.live].filter(([, { read, archived }]) => !read && !archived);
    return {
      unread: unread.length,
      unseen: unread.filter(([seq]) => seq > this.#seenUpTo).length,
    };
  }

  /** Throws unless the head says the same. */
  assertSameAs(head: Head): void {
    const listed = head.live.seqsBetween(0, head.seq, head.live.size).map((seq) => {
      const flags = head.live.flags(seq, head.seenUpTo);
      return [seq, { read: flags?.read, archived: flags?.archived }];
    });
    assert.deepEqual(listed, [...this.live]);
    assert.deepEqual(countsOf(head), this.counts);
  }

  #change(change: Change): void {
    // It is about a topic's items.
    if (change.target !== undefined) return;
    if (change.op === "seen" && "upTo" in change) this.#seenUpTo = change.upTo;
    for (const [seq, flags] of this.live) {
      const concerned = "upTo" in change ? seq <= change.upTo : change.items.includes(seq);
      if (!concerned) continue;
      switch (change.op) {
        case "read":
        case "unread":
          flags.read = change.op === "read";
          break;
        case "archive":
        case "unarchive":
          flags.archived = change.op === "archive";
          break;
        case "delete":
        case "replace":
        case "expire":
        case "recall":
          this.live.delete(seq);
          break;
      }
    }
  }
}

/** Throws unless an event tells of just this row, and of the counts after it. */
export function assertTells(event: StreamEvent, row: LoggedRow, counts: Counts): void {
  if (event.kind === "notification") {
    assert.deepEqual({ kind: "item", id: event.item.id }, row);
  } else {
    assert.deepEqual({ kind: "change", change: event.change }, row);
  }
  assert.deepEqual(event.counts, counts);
}
