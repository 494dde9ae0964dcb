import type { ChangeOp, ChangeScope, StreamEvent } from "../../../src/domain/event.ts";
import type { Intent } from "../../../src/domain/intent.ts";
import type { Counts, Item, Seq } from "../../../src/domain/item.ts";
import { dayOf } from "../../../src/domain/days.ts";
import type { StreamLimits } from "../../../src/domain/stream.ts";

/** An item as the naive model remembers it, for ever. */
export interface NaiveItem {
  readonly id: string;
  readonly key: string | undefined;
  live: boolean;
  read: boolean;
  seen: boolean;
  archived: boolean;
}

/** An event in a form that two independent models can be compared by. */
export type PlainEvent =
  | {
    readonly kind: "notification";
    readonly seq: Seq;
    readonly id: string;
    readonly counts: Counts;
    readonly oldest: Seq | undefined;
  }
  | {
    readonly kind: "change";
    readonly seq: Seq;
    readonly op: ChangeOp;
    readonly scope: ChangeScope;
    readonly counts: Counts;
  };

/** The state machine's event, reduced to what {@link PlainEvent} compares. */
export function plainEvent(event: StreamEvent): PlainEvent {
  if (event.kind === "notification") {
    const { kind, seq, item, counts, oldest } = event;
    return { kind, seq, id: item.id, counts, oldest };
  }
  const { kind, seq, change, counts } = event;
  const scope = "upTo" in change ? { upTo: change.upTo } : { items: change.items };
  return { kind, seq, op: change.op, scope, counts };
}

/**
 * What a stream promises, in the plainest words: a list of every event that ever was and a map of
 * every item that ever was, with its flags. Everything is counted anew each time it is asked for.
 *
 * It says nothing about rows and the floor, which are matters of storage.
 */
export class NaiveStream {
  readonly events: PlainEvent[] = [];
  readonly items = new Map<Seq, NaiveItem>();
  /** For each event the day it counts for, or undefined once retention let go of it. */
  readonly days: (number | undefined)[] = [];

  constructor(readonly limits: StreamLimits) {}

  get seq(): Seq {
    return this.events.length;
  }

  get live(): Seq[] {
    return [...this.items].filter(([, item]) => item.live).map(([seq]) => seq);
  }

  get counts(): Counts {
    const unread = [...this.items.values()].filter((it) => it.live && !it.read && !it.archived);
    return { unread: unread.length, unseen: unread.filter((item) => !item.seen).length };
  }

  /** @returns the number of the intent's last event, or undefined where nothing happened */
  take(intent: Intent, now: number): Seq | undefined {
    switch (intent.kind) {
      case "publish":
        return this.#publish(intent.item, now);
      case "mark":
        return intent.op === "delete"
          ? this.#remove(this.#within(intent.scope), "delete", now, this.#bound(intent.scope))
          : this.#flag(intent.op, intent.scope, now);
      case "expire":
      case "recall":
        return this.#remove([intent.seq], intent.kind, now);
      case "retain":
        return this.#retain(intent.day, now);
      case "markTopic":
      case "join":
      case "leave":
      case "erase":
        throw new Error("no topics in these stories");
      case "swept":
      case "open":
      case "route":
      case "unroute":
        return undefined;
    }
  }

  #publish(item: Item, now: number): Seq {
    const key = item.collapseKey;
    const same = this.live.filter((seq) => key !== undefined && this.items.get(seq)?.key === key);
    this.#remove(same, "replace", now);
    const seq = this.seq + 1;
    const flags = { live: true, read: false, seen: false, archived: false };
    this.items.set(seq, { id: item.id, key, ...flags });
    let trimmed = false;
    while (this.live.length > this.limits.itemsMax) {
      this.#item(Math.min(...this.live)).live = false;
      trimmed = true;
    }
    const oldest = trimmed ? Math.min(...this.live) : undefined;
    this.#log({ kind: "notification", seq, id: item.id, counts: this.counts, oldest }, now);
    return seq;
  }

  #flag(op: "read" | "unread" | "seen" | "archive" | "unarchive", scope: ChangeScope, now: number) {
    const name = op === "seen" ? "seen" : op.endsWith("read") ? "read" : "archived";
    const value = !op.startsWith("un");
    // To have seen one item is to have seen all that came before it.
    const reach: ChangeScope = op === "seen" && "items" in scope
      ? { upTo: Math.max(0, ...scope.items.filter((seq) => seq <= this.seq)) }
      : scope;
    const touched = this.#within(reach).filter((seq) => this.#item(seq)[name] !== value);
    if (touched.length === 0) return undefined;
    for (const seq of touched) this.#item(seq)[name] = value;
    return this.#change(op, this.#bound(reach) ?? { items: touched }, now);
  }

  #remove(
    seqs: Seq[],
    op: "delete" | "replace" | "expire" | "recall",
    now: number,
    scope?: ChangeScope,
  ): Seq | undefined {
    const removed = seqs.filter((seq) => this.items.get(seq)?.live === true);
    if (removed.length === 0) return undefined;
    for (const seq of removed) this.#item(seq).live = false;
    return this.#change(op, scope ?? { items: removed }, now);
  }

  #retain(day: number, now: number): Seq | undefined {
    this.days.forEach((its, index) => {
      if (its !== undefined && its < day) this.days[index] = undefined;
    });
    const upTo = this.days.findLastIndex((its) => its === undefined) + 1;
    return this.#remove(this.live.filter((seq) => seq <= upTo), "expire", now, { upTo });
  }

  /** Live items of a scope, ascending, each once. */
  #within(scope: ChangeScope): Seq[] {
    return this.live.filter((seq) =>
      "upTo" in scope ? seq <= scope.upTo : scope.items.includes(seq)
    );
  }

  /** A mark up to the future ends at the present; a mark by items has no bound. */
  #bound(scope: ChangeScope): ChangeScope | undefined {
    return "upTo" in scope ? { upTo: Math.min(scope.upTo, this.seq) } : undefined;
  }

  #change(op: ChangeOp, scope: ChangeScope, now: number): Seq {
    const seq = this.seq + 1;
    this.#log({ kind: "change", seq, op, scope, counts: this.counts }, now);
    return seq;
  }

  /**
   * An event never counts for an earlier day than one before it that is still kept; but those that
   * count for a day after tomorrow were numbered by a clock that was wrong.
   */
  #log(event: PlainEvent, now: number): void {
    this.events.push(event);
    const day = latestDay(this.days.filter((day) => day !== undefined), now);
    this.days.forEach((its, index) => {
      if (its !== undefined && its > dayOf(now) + 1) this.days[index] = day;
    });
    this.days.push(day);
  }

  #item(seq: Seq): NaiveItem {
    const item = this.items.get(seq);
    if (item === undefined) throw new Error(`no item ${seq}`);
    return item;
  }
}

/** For which day an event counts, after others that count for `days`. */
function latestDay(days: readonly number[], now: number): number {
  const today = dayOf(now);
  return Math.max(today, ...days.filter((day) => day <= today + 1));
}
