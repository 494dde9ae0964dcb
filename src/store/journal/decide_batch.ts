import {
  applyIntents,
  type StreamContext,
  type StreamLimits,
  type StreamRow,
} from "../../domain/stream.ts";
import { DAY_MS, startOfDay } from "../../domain/days.ts";
import type { StreamEvent, StreamEvents } from "../../domain/event.ts";
import type { Head } from "../../domain/head.ts";
import type { Intent } from "../../domain/intent.ts";
import type { Seq } from "../../domain/item.ts";
import { LiveItems } from "../../domain/live_items.ts";
import {
  EVERYONE,
  isTopic,
  ownerOf,
  type StreamName,
  type TopicStream,
} from "../../domain/stream_name.ts";
import type { TopicMembership } from "../../domain/topic_membership.ts";
import { CorruptRecord, NewerRecord } from "../codec/bytes.ts";
import { encodeHead } from "../codec/head_codec.ts";
import { decodeMembership, encodeMembership } from "../codec/membership_codec.ts";
import { changeCodec, collapseCodec, dueCodec } from "../codec/records.ts";
import type { CachedHead } from "../head_cache.ts";
import { keys } from "../keys.ts";
import type { KvCheck, KvMutation, KvRow } from "../../kv/kv.ts";
import type { Entry } from "./entry.ts";

/** What a commit made of one stream. */
export interface StreamCommit {
  readonly stream: StreamName;
  readonly head: Head;
  readonly events: readonly StreamEvent[];
  /** There is no head any more: what would be one has not been written. */
  readonly erased?: true;
}

/** What devices have to be told of it. */
export function eventsOf({ stream, head: { epoch }, events }: StreamCommit): StreamEvents {
  return { stream, epoch, events };
}

/** What goes along with a commit so that other instances learn of it. */
export interface RemoteEvents {
  /** The given instances that are known to be gone; their routes are taken out of the head. */
  gone(routes: readonly string[]): readonly string[];
  /** Rows that carry the events to the other instances that have a device of their streams. */
  envelopes(commits: readonly StreamCommit[]): readonly KvMutation[];
}

/** Everything that was read for a batch. */
export interface BatchBase {
  readonly heads: ReadonlyMap<StreamName, CachedHead>;
  /** The rows of `reads`, of each entry that has any. */
  readonly reads: ReadonlyMap<Entry<unknown>, readonly KvRow[]>;
  /** Topics that intents name, as they were read; nothing depends on their staying so. */
  readonly topics: ReadonlyMap<TopicStream, Head | undefined>;
  /**
   * By user's stream and topic the row of the membership. It only changes together with the head of the
   * user's stream, so that the check of the head is enough.
   */
  readonly memberships: ReadonlyMap<string, KvRow>;
  /** By stream and collapse key the item that had it. */
  readonly collapsed: ReadonlyMap<string, KvRow>;
}

/** What a batch of entries comes to; nothing of it has been written yet. */
export interface Decision {
  readonly checks: readonly KvCheck[];
  readonly mutations: readonly KvMutation[];
  readonly streams: readonly StreamCommit[];
  /** What callers get, in the order of the entries. */
  readonly results: readonly unknown[];
}

/** How a pair of stream and collapse key is named in {@link BatchBase.collapsed}. */
export function collapseId(stream: StreamName, key: string): string {
  return `${stream}\n${key}`;
}

/** How a pair of user's stream and topic is named in {@link BatchBase.memberships}. */
export function membershipId(stream: StreamName, topic: TopicStream): string {
  return `${stream}\n${topic}`;
}

/**
 * Decides what a batch writes. Pure: the same base and entries give the same decision, but for the
 * epochs of new streams.
 */
export function decide(
  entries: readonly Entry<unknown>[],
  base: BatchBase,
  options: {
    limits: StreamLimits;
    now: number;
    newEpoch: () => string;
    remoteEvents?: RemoteEvents;
  },
): Decision {
  const { limits, remoteEvents } = options;
  const checks: KvCheck[] = [];
  const mutations: KvMutation[] = [];
  const streams: StreamCommit[] = [];
  const plans = plansOf(entries);
  for (const [stream, plan] of plans) {
    const known = base.heads.get(stream) as CachedHead;
    const { intents } = plan;
    const gone = remoteEvents?.gone(known.head?.routes ?? []) ?? [];
    if (gone.length > 0) intents.push({ kind: "unroute", instances: gone });
    const applied = applyIntents(known.head, intents, new Context(stream, base, options));
    const { head, absent, events } = applied;
    const key = keys.head(stream);
    checks.push({ key, versionstamp: known.versionstamp });
    plan.seqs = applied.seqs;
    if (head === known.head || (absent && known.head === undefined)) continue;
    mutations.push(
      absent ? { kind: "delete", key } : { kind: "set", key, value: encodeHead(head) },
    );
    const at = { stream, epoch: head.epoch, limits };
    for (const row of applied.rows) mutations.push(mutationOf(row, at));
    streams.push(absent ? { stream, head, events, erased: true } : { stream, head, events });
  }
  if (remoteEvents !== undefined) mutations.push(...remoteEvents.envelopes(streams));
  const results = entries.map((entry) => {
    const rows = base.reads.get(entry) ?? [];
    for (const row of rows) checks.push({ key: row.key, versionstamp: row.versionstamp });
    const own = entry.parts.map(({ stream }) => {
      const plan = plans.get(stream) as Plan;
      return plan.seqs[plan.taken++];
    });
    const completion = entry.complete?.(own, rows);
    if (completion === undefined) return undefined;
    mutations.push(...completion.mutations);
    return completion.result;
  });
  return { checks, mutations, streams, results };
}

/** What a batch wants of a stream. */
interface Plan {
  readonly intents: Intent[];
  /** What became of the intents, and of how many of them an entry was told. */
  seqs: readonly (Seq | undefined)[];
  taken: number;
}

function plansOf(entries: readonly Entry<unknown>[]): Map<StreamName, Plan> {
  const plans = new Map<StreamName, Plan>();
  for (const { parts } of entries) {
    for (const { stream, intent } of parts) {
      const plan = plans.get(stream);
      if (plan === undefined) plans.set(stream, { intents: [intent], seqs: [], taken: 0 });
      else plan.intents.push(intent);
    }
  }
  return plans;
}

/** What the state machine has to know of a stream, from what was read for the batch. */
class Context implements StreamContext {
  readonly #stream: StreamName;
  readonly #base: BatchBase;
  readonly limits: StreamLimits;
  readonly now: number;
  readonly newEpoch: () => string;

  constructor(
    stream: StreamName,
    base: BatchBase,
    { limits, now, newEpoch }: Pick<StreamContext, "limits" | "now" | "newEpoch">,
  ) {
    this.#stream = stream;
    this.#base = base;
    this.limits = limits;
    this.now = now;
    this.newEpoch = newEpoch;
  }

  everyoneSeq(): Seq {
    return isTopic(this.#stream) ? 0 : this.#base.topics.get(EVERYONE)?.seq ?? 0;
  }

  topic(topic: TopicStream): ReturnType<StreamContext["topic"]> {
    const { topics, memberships } = this.#base;
    const { live = LiveItems.EMPTY, seq = 0 } = topics.get(topic) ?? {};
    const value = memberships.get(membershipId(this.#stream, topic))?.value ?? null;
    const membership = value === null ? undefined : readableMembership(value);
    return { state: { live, seq }, membership };
  }

  collapsed(key: string): Seq | undefined {
    const { heads, collapsed } = this.#base;
    const row = collapsed.get(collapseId(this.#stream, key));
    return collapsedSeq(row, heads.get(this.#stream)?.head);
  }
}

function collapsedSeq(row: KvRow | undefined, head: Head | undefined): Seq | undefined {
  if (row === undefined || row.value === null || head === undefined) return undefined;
  const record = unlessCorrupt(() => collapseCodec.decode(row.value as Uint8Array<ArrayBuffer>));
  return record?.epoch === head.epoch ? record.seq : undefined;
}

function readableMembership(value: Uint8Array): TopicMembership | undefined {
  return unlessCorrupt(() => decodeMembership(value));
}

/** A damaged row is as good as none, and what is written now replaces it. */
function unlessCorrupt<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof CorruptRecord && !(error instanceof NewerRecord)) return undefined;
    throw error;
  }
}

function mutationOf(
  row: StreamRow,
  { stream, epoch, limits }: { stream: StreamName; epoch: string; limits: StreamLimits },
): KvMutation {
  switch (row.kind) {
    case "item":
      return { kind: "set", key: keys.item(stream, epoch, row.seq), value: row.item.bytes };
    case "gone":
      return { kind: "delete", key: keys.item(stream, epoch, row.seq) };
    case "change":
      return {
        kind: "set",
        key: keys.change(stream, epoch, row.seq),
        value: changeCodec.encode(row.change),
      };
    case "collapse":
      return {
        kind: "set",
        key: keys.collapse(stream, row.key),
        value: collapseCodec.encode({ epoch, seq: row.seq }),
        // No item outlives the retention, so neither does its key.
        expireIn: (limits.retentionDays + 2) * DAY_MS,
      };
    case "membership": {
      const key = keys.sub(ownerOf(stream), ownerOf(row.topic));
      return row.membership === undefined
        ? { kind: "delete", key }
        : { kind: "set", key, value: encodeMembership(row.membership) };
    }
    case "retention":
      return {
        kind: "set",
        key: keys.due(startOfDay(row.day), stream, 0),
        value: dueCodec.encode({ kind: "retain", stream }),
      };
    case "undue":
      return { kind: "delete", key: keys.due(startOfDay(row.day), stream, 0) };
  }
}
