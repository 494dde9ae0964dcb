import {
  applyIntents,
  type StreamContext,
  type StreamLimits,
  type StreamRow,
} from "../../domain/stream.ts";
import { DAY_MS, startOfDay } from "../../domain/days.ts";
import type { StreamEvent, StreamNews } from "../../domain/event.ts";
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
import { encodeHead } from "../codec/head_codec.ts";
import { decodeMembership, encodeMembership } from "../codec/membership_codec.ts";
import { changeCodec, collapseCodec, dueCodec } from "../codec/records.ts";
import type { KnownHead } from "../heads.ts";
import { keys } from "../keys.ts";
import type { KvCheck, KvMutation, KvRow } from "../kv.ts";
import type { Entry } from "./entry.ts";
import type { Outbox } from "./outbox.ts";

/** What a commit made of one stream. */
export interface StreamCommit {
  readonly stream: StreamName;
  readonly head: Head;
  readonly events: readonly StreamEvent[];
  /** There is no head any more: what would be one has not been written. */
  readonly erased?: true;
}

/** What devices have to be told of it. */
export function newsOf({ stream, head: { epoch }, events }: StreamCommit): StreamNews {
  return { stream, epoch, events };
}

/** Everything that was read for a batch. */
export interface BatchBase {
  readonly heads: ReadonlyMap<StreamName, KnownHead>;
  /** For each entry the rows of its `reads`. */
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
  readonly results: ReadonlyMap<Entry<unknown>, unknown>;
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
  options: { limits: StreamLimits; now: number; newEpoch: () => string; outbox?: Outbox },
): Decision {
  const { limits, now, newEpoch, outbox } = options;
  const checks: KvCheck[] = [];
  const mutations: KvMutation[] = [];
  const streams: StreamCommit[] = [];
  const seqs = new Map<StreamName, readonly (Seq | undefined)[]>();
  for (const [stream, intents] of intentsByStream(entries)) {
    const known = base.heads.get(stream) as KnownHead;
    const context: StreamContext = {
      limits,
      now,
      newEpoch,
      everyoneSeq: () => isTopic(stream) ? 0 : base.topics.get(EVERYONE)?.seq ?? 0,
      topic: (topic) => topicFor(stream, topic, base),
      collapsed: (key) => collapsedSeq(base.collapsed.get(collapseId(stream, key)), known.head),
    };
    const gone = outbox?.gone(known.head?.routes ?? []) ?? [];
    if (gone.length > 0) intents.push({ kind: "unroute", instances: gone });
    const applied = applyIntents(known.head, intents, context);
    checks.push({ key: keys.head(stream), versionstamp: known.versionstamp });
    seqs.set(stream, applied.seqs);
    if (applied.head === known.head || (applied.absent && known.head === undefined)) continue;
    mutations.push(
      applied.absent
        ? { kind: "delete", key: keys.head(stream) }
        : { kind: "set", key: keys.head(stream), value: encodeHead(applied.head) },
    );
    for (const row of applied.rows) {
      mutations.push(mutationOf(row, { stream, epoch: applied.head.epoch, limits }));
    }
    const { head, absent, events } = applied;
    streams.push({ stream, head, events, ...(absent ? { erased: true } : {}) });
  }
  if (outbox !== undefined) mutations.push(...outbox.mail(streams));
  const results = new Map<Entry<unknown>, unknown>();
  const taken = new Map<StreamName, number>();
  for (const entry of entries) {
    const rows = base.reads.get(entry) ?? [];
    for (const row of rows) checks.push({ key: row.key, versionstamp: row.versionstamp });
    const own = entry.parts.map(({ stream }) => {
      const index = taken.get(stream) ?? 0;
      taken.set(stream, index + 1);
      return seqs.get(stream)?.[index];
    });
    const settled = entry.settle(own, rows);
    mutations.push(...settled.mutations);
    results.set(entry, settled.result);
  }
  return { checks, mutations, streams, results };
}

function intentsByStream(entries: readonly Entry<unknown>[]): Map<StreamName, Intent[]> {
  const byStream = new Map<StreamName, Intent[]>();
  for (const { parts } of entries) {
    for (const { stream, intent } of parts) {
      const intents = byStream.get(stream);
      if (intents === undefined) byStream.set(stream, [intent]);
      else intents.push(intent);
    }
  }
  return byStream;
}

function topicFor(stream: StreamName, topic: TopicStream, base: BatchBase) {
  const { live = LiveItems.EMPTY, seq = 0 } = base.topics.get(topic) ?? {};
  const value = base.memberships.get(membershipId(stream, topic))?.value ?? null;
  return { state: { live, seq }, membership: value === null ? undefined : decodeMembership(value) };
}

function collapsedSeq(row: KvRow | undefined, head: Head | undefined): Seq | undefined {
  if (row === undefined || row.value === null || head === undefined) return undefined;
  const record = collapseCodec.decode(row.value as Uint8Array<ArrayBuffer>);
  return record.epoch === head.epoch ? record.seq : undefined;
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
  }
}
