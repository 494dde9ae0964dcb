import type { Change, StreamEvent } from "../../../src/domain/event.ts";
import type { Head } from "../../../src/domain/head.ts";
import type { Intent } from "../../../src/domain/intent.ts";
import { LiveItems } from "../../../src/domain/live_items.ts";
import type { Item, Seq } from "../../../src/domain/item.ts";
import {
  type Applied,
  applyIntents,
  type StreamContext,
  type StreamLimits,
  type StreamRow,
} from "../../../src/domain/stream.ts";
import type { Story } from "./domain_arbitraries.ts";

/** The rows of one stream, as a store would keep them. */
export class StreamRows {
  constructor(
    readonly items: Map<Seq, Item> = new Map(),
    readonly changes: Map<Seq, Change> = new Map(),
    readonly collapsed: Map<string, Seq> = new Map(),
    /** The days for which retention is due. */
    readonly retention: Set<number> = new Set(),
  ) {}

  write(row: StreamRow): void {
    switch (row.kind) {
      case "item":
        this.items.set(row.seq, row.item);
        break;
      case "change":
        this.changes.set(row.seq, row.change);
        break;
      case "collapse":
        this.collapsed.set(row.key, row.seq);
        break;
      case "gone":
        this.items.delete(row.seq);
        break;
      case "membership":
        throw new Error("no topics in these stories");
      case "retention":
        this.retention.add(row.day);
        break;
      case "undue":
        this.retention.delete(row.day);
        break;
    }
  }

  /** Rows of items and changes that `head` no longer lists. */
  leftovers(head: Head): { items: Seq[]; changes: Seq[] } {
    return {
      items: [...this.items.keys()].filter((seq) => !head.live.has(seq)),
      changes: [...this.changes.keys()].filter((seq) => seq <= head.changes.floor),
    };
  }

  copy(): StreamRows {
    return new StreamRows(
      new Map(this.items),
      new Map(this.changes),
      new Map(this.collapsed),
      new Set(this.retention),
    );
  }
}

/** A stream with its rows: the state machine, and a store that does what it says. */
export class StoredStream {
  head: Head;
  readonly rows = new StreamRows();
  readonly #limits: StreamLimits;
  #now = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
    this.head = this.#applied(undefined, []).head;
  }

  /** Takes a batch; its rows and its head are there together, as after a commit. */
  take(intents: readonly Intent[], now: number): Applied {
    this.#now = now;
    // Retention comes from its due row, which its commit deletes.
    if (intents.some((intent) => intent.kind === "retain")) this.rows.retention.clear();
    const applied = this.#applied(this.head, intents);
    for (const row of applied.rows) this.rows.write(row);
    this.head = applied.head;
    return applied;
  }

  /** Deletes every row that the head no longer lists, and tells the head. */
  sweep(): readonly StreamEvent[] {
    const { items, changes } = this.rows.leftovers(this.head);
    for (const seq of items) this.rows.items.delete(seq);
    for (const seq of changes) this.rows.changes.delete(seq);
    const swept: Intent = {
      kind: "swept",
      upTo: this.head.changes.floor,
      items: items.length,
    };
    return this.take([swept], this.#now).events;
  }

  #applied(head: Head | undefined, intents: readonly Intent[]): Applied {
    return applyIntents(head, intents, {
      limits: this.#limits,
      now: this.#now,
      newEpoch: () => "e1",
      ...NO_TOPICS,
      collapsed: (key) => this.rows.collapsed.get(key),
    });
  }
}

/** What the state machine learns of topics where there are none. */
export const NO_TOPICS: Pick<StreamContext, "everyoneSeq" | "topic"> = {
  everyoneSeq: () => 0,
  topic: () => ({ state: { live: LiveItems.EMPTY, seq: 0 }, membership: undefined }),
};

/** Plays a story to its end and calls `after` for every batch. */
export function play(
  story: Story,
  after: (applied: Applied, stream: StoredStream, index: number) => void = () => {},
): StoredStream {
  const stream = new StoredStream(story.limits);
  story.batches.forEach(({ now, intents }, index) => {
    after(stream.take(intents, now), stream, index);
  });
  return stream;
}
