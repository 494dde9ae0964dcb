import { raiseFloor, recordChange } from "./change_log.ts";
import { dayOf, recordDay } from "./days.ts";
import type { Change, ChangeScope, MarkOp, StreamEvent } from "./event.ts";
import { countsOf, type Head, newHead } from "./head.ts";
import { type Intent, TOPICS_MAX } from "./intent.ts";
import type { Item, Seq } from "./item.ts";
import { type MembershipChange, PendingMemberships } from "./pending_memberships.ts";
import type { StreamContext, StreamRow } from "./stream.ts";
import type { TopicStream } from "./stream_name.ts";

/** Up to so many rows of dead items are deleted at once; more are left to the sweeper. */
const GONE_AT_ONCE = 32;

/** What does nothing where there is no stream, and makes none. */
const NEEDS_A_STREAM = new Set<Intent["kind"]>([
  "mark",
  "markTopic",
  "expire",
  "recall",
  "retain",
  "swept",
  "unroute",
  "leave",
  "erase",
]);

/** What a batch of intents makes of a stream, intent by intent. */
export class Step {
  readonly rows: StreamRow[] = [];
  readonly events: StreamEvent[] = [];
  /** Collapse keys that this very batch has set. */
  #collapsed: Map<string, Seq> | undefined;
  #membershipsOfBatch: PendingMemberships | undefined;

  head: Head;
  absent: boolean;

  constructor(head: Head | undefined, private readonly context: StreamContext) {
    this.head = head ?? this.#newHead();
    this.absent = head === undefined;
  }

  get #memberships(): PendingMemberships {
    return this.#membershipsOfBatch ??= new PendingMemberships(
      this.context,
      () => this.head.topics.everyoneFrom,
    );
  }

  take(intent: Intent): Seq | undefined {
    if (this.absent && NEEDS_A_STREAM.has(intent.kind)) return undefined;
    this.absent = intent.kind === "erase";
    switch (intent.kind) {
      case "publish":
        return this.#publish(intent.item);
      case "mark":
        return this.#mark(intent.op, intent.scope);
      case "markTopic":
        return this.#markTopic(intent.topic, intent);
      case "join":
        return this.#join(intent.topic, intent.granted);
      case "leave":
        return this.#leave(intent.topic);
      case "expire":
      case "recall":
        return this.#remove([intent.seq], intent.kind);
      case "retain":
        return this.#retain(intent.day);
      case "swept":
        this.head = {
          ...this.head,
          // A sweeper that came from before the stream was made anew may claim too much.
          swept: Math.max(this.head.swept, Math.min(intent.upTo, this.head.changes.floor)),
          dead: Math.max(0, this.head.dead - intent.items),
        };
        return undefined;
      case "open":
        return undefined;
      case "erase":
        return this.#erase(intent.topics);
      case "route":
        return this.#route([...this.head.routes, intent.instance]);
      case "unroute":
        return this.#route(this.head.routes.filter((id) => !intent.instances.includes(id)));
    }
  }

  #newHead(): Head {
    return newHead(this.context.newEpoch(), this.context.everyoneSeq());
  }

  #erase(topics: readonly TopicStream[]): undefined {
    this.head = this.#newHead();
    for (const topic of topics) {
      this.#memberships.set(topic, undefined);
      this.rows.push({ kind: "membership", topic, membership: undefined });
    }
  }

  #route(instances: readonly string[]): undefined {
    const routes = [...new Set(instances)];
    if (routes.length !== this.head.routes.length) this.head = { ...this.head, routes };
  }

  #publish(item: Item): Seq {
    const key = item.collapseKey;
    if (key !== undefined) {
      const earlier = this.#collapsed?.get(key) ?? this.context.collapsed(key);
      if (earlier !== undefined) this.#remove([earlier], "replace");
    }
    const seq = this.#next();
    let live = this.head.live.append(seq);
    const excess = live.size - this.context.limits.itemsMax;
    if (excess > 0) {
      this.#gone(live.seqsBetween(0, seq, excess));
      live = live.dropOldest(excess);
    }
    this.head = { ...this.head, live };
    this.rows.push({ kind: "item", seq, item });
    if (key !== undefined) {
      (this.#collapsed ??= new Map()).set(key, seq);
      this.rows.push({ kind: "collapse", key, seq });
    }
    const counts = countsOf(this.head);
    const oldest = live.oldest;
    this.events.push(
      excess > 0 && oldest !== undefined
        ? { kind: "notification", seq, item, counts, oldest }
        : { kind: "notification", seq, item, counts },
    );
    return seq;
  }

  #mark(op: MarkOp, asked: ChangeScope): Seq | undefined {
    const { live, seq } = this.head;
    // A mark must not reach what comes after it, also on a device that replays it later.
    const scope = "upTo" in asked ? { upTo: Math.min(asked.upTo, seq) } : asked;
    if (op === "seen") return this.#seen("upTo" in scope ? scope.upTo : largest(scope.items, seq));
    const wanted = "upTo" in scope ? live.seqsBetween(0, scope.upTo, live.size) : scope.items;
    if (op === "delete") return this.#remove(wanted, op, scope);
    const { live: after, marked } = live.mark(wanted, op);
    if (marked.length === 0) return undefined;
    this.head = { ...this.head, live: after };
    return this.#change("upTo" in scope ? { op, upTo: scope.upTo } : { op, items: marked });
  }

  #seen(upTo: Seq): Seq | undefined {
    // Where nothing new is seen the watermark stays: a device that marks whatever it hears of as
    // seen would otherwise be answered with a change for each change, for ever.
    const { live, seenUpTo } = this.head;
    if (live.seqsBetween(seenUpTo, upTo, 1).length === 0) return undefined;
    this.head = { ...this.head, seenUpTo: upTo };
    return this.#change({ op: "seen", upTo });
  }

  #markTopic(topic: TopicStream, mark: { op: MarkOp; scope: ChangeScope }): Seq | undefined {
    return this.#settle(topic, this.#memberships.mark(topic, mark));
  }

  #join(topic: TopicStream, granted: boolean): Seq | undefined {
    const isFull = this.head.topics.count >= TOPICS_MAX;
    return this.#settle(topic, this.#memberships.join(topic, { granted, isFull }));
  }

  #leave(topic: TopicStream): Seq | undefined {
    return this.#settle(topic, this.#memberships.leave(topic));
  }

  /** A membership changes together with the user's own stream, which tells of it. */
  #settle(topic: TopicStream, decided: MembershipChange | undefined): Seq | undefined {
    if (decided === undefined) return undefined;
    const { membership, change, joined = 0 } = decided;
    this.#memberships.set(topic, membership);
    this.rows.push({ kind: "membership", topic, membership });
    const seq = this.#change(change);
    const { topics } = this.head;
    this.head = {
      ...this.head,
      topics: { ...topics, count: topics.count + joined, changedAt: seq },
    };
    return seq;
  }

  /** Takes items out; the change names those that were live, or what the mark named. */
  #remove(
    seqs: readonly Seq[],
    op: "delete" | "replace" | "expire" | "recall",
    scope?: ChangeScope,
  ): Seq | undefined {
    const { live, removed } = this.head.live.remove(seqs);
    if (removed.length === 0) return undefined;
    this.head = { ...this.head, live };
    this.#gone(removed);
    const upTo = scope !== undefined && "upTo" in scope ? scope.upTo : undefined;
    return this.#change(upTo === undefined ? { op, items: removed } : { op, upTo });
  }

  #retain(day: number): Seq | undefined {
    const kept = this.head.days.filter((mark) => mark.day >= day);
    const next = kept[0];
    const upTo = next === undefined ? this.head.seq : next.first - 1;
    this.head = { ...this.head, days: kept, changes: raiseFloor(this.head.changes, upTo) };
    if (next !== undefined) this.#scheduleRetention(next.day);
    const old = this.head.live.seqsBetween(0, upTo, this.head.live.size);
    return this.#remove(old, "expire", { upTo });
  }

  #change(change: Change): Seq {
    const seq = this.#next();
    const changes = recordChange(this.head.changes, seq, this.context.limits.changesMax);
    this.head = { ...this.head, changes };
    this.rows.push({ kind: "change", seq, change });
    this.events.push({ kind: "change", seq, change, counts: countsOf(this.head) });
    return seq;
  }

  #next(): Seq {
    const seq = this.head.seq + 1;
    const before = this.head.days;
    const days = recordDay(before, dayOf(this.context.now), seq);
    this.head = { ...this.head, seq, days };
    if (days !== before) this.#moveRetention(before[0]?.day, days[0]?.day);
    return seq;
  }

  /** The oldest day decides when the stream is due. */
  #moveRetention(from: number | undefined, to: number | undefined): void {
    if (from === to) return;
    if (from !== undefined) this.rows.push({ kind: "undue", day: this.#dueDay(from) });
    if (to !== undefined) this.#scheduleRetention(to);
  }

  #scheduleRetention(oldestDay: number): void {
    this.rows.push({ kind: "retention", day: this.#dueDay(oldestDay) });
  }

  #dueDay(oldestDay: number): number {
    return oldestDay + this.context.limits.retentionDays + 1;
  }

  #gone(seqs: readonly Seq[]): void {
    if (seqs.length > GONE_AT_ONCE) {
      this.head = { ...this.head, dead: this.head.dead + seqs.length };
      return;
    }
    for (const seq of seqs) this.rows.push({ kind: "gone", seq });
  }
}

function largest(seqs: readonly Seq[], atMost: Seq): Seq {
  return seqs.reduce((max, seq) => seq <= atMost ? Math.max(max, seq) : max, 0);
}
