import type { StreamLimits } from "../../domain/stream.ts";
import type { Head } from "../../domain/head.ts";
import {
  EVERYONE,
  isTopic,
  ownerOf,
  type StreamName,
  type TopicStream,
} from "../../domain/stream_name.ts";
import { utf8 } from "../codec/bytes.ts";
import { type CachedHead, type HeadCache, headFromRow } from "../head_cache.ts";
import { keys } from "../keys.ts";
import type { KvKey, KvMutation, KvRow, Versionstamp } from "../../kv/kv.ts";
import {
  type BatchBase,
  collapseId,
  decide,
  type Decision,
  membershipId,
  type RemoteEvents,
  type StreamCommit,
} from "./decide_batch.ts";
import type { Committer } from "./commit_outcome.ts";
import type { Entry } from "./entry.ts";
import { OptimisticReads } from "./optimistic_reads.ts";

export interface BatchWriterOptions {
  readonly committer: Committer;
  readonly heads: HeadCache;
  readonly limits: StreamLimits;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** This instance's id, under which it keeps the markers of its commits. */
  readonly instance: string;
  /** A new id for each batch, never used before. */
  readonly newBatchId: () => string;
  readonly newEpoch: () => string;
  /** Where other instances have devices too. */
  readonly remoteEvents?: RemoteEvents;
}

/** An entry is on disk with a result, or was refused. */
export type EntryOutcome =
  | { readonly written: true; readonly result: unknown }
  | { readonly written: false; readonly error: unknown };

export interface WrittenBatch {
  readonly outcomes: ReadonlyMap<Entry<unknown>, EntryOutcome>;
  readonly commits: readonly StreamCommit[];
}

/** A marker is asked for within seconds; what a stopped instance leaves behind vanishes. */
const MARKER_EXPIRES_MS = 86_400_000;

/** Takes a batch from reading what it depends on to its commit, as often as others get in between. */
export class BatchWriter {
  readonly #options: BatchWriterOptions;
  /** Slots for markers that no undecided commit uses. */
  readonly #slots: number[] = [];
  #slotsMade = 0;
  readonly #optimism = new OptimisticReads();

  constructor(options: BatchWriterOptions) {
    this.#options = options;
  }

  /** Resolves when the batch is on disk; rejects only where waiting for the KV was aborted. */
  async write(batch: readonly Entry<unknown>[]): Promise<WrittenBatch> {
    const outcomes = new Map<Entry<unknown>, EntryOutcome>();
    let entries = batch;
    for (let isFirst = true;; isFirst = false) {
      const fromMemory = isFirst && this.#optimism.isWorthwhile;
      const base = await this.#read(entries, fromMemory);
      if (isFirst && !fromMemory) this.#optimism.note(this.#wasRight(base));
      entries = entries.filter((entry) => {
        const refusal = refusalOf(entry, base);
        if (refusal !== undefined) outcomes.set(entry, { written: false, error: refusal.error });
        return refusal === undefined;
      });
      if (entries.length === 0) return { outcomes, commits: [] };
      const decision = decide(entries, base, { ...this.#options, now: this.#options.now() });
      const versionstamp = await this.#commit(decision);
      if (fromMemory) this.#optimism.note(versionstamp !== undefined);
      if (versionstamp === undefined) continue;
      for (const { stream, head, erased } of decision.streams) {
        const known = erased ? { head: undefined, versionstamp: null } : { head, versionstamp };
        this.#options.heads.put(stream, known);
      }
      for (const [i, entry] of entries.entries()) {
        outcomes.set(entry, { written: true, result: decision.results[i] });
      }
      return { outcomes, commits: decision.streams };
    }
  }

  /** Whether a commit on what is remembered would have gone through. */
  #wasRight({ heads }: BatchBase): boolean {
    for (const [stream, { versionstamp }] of heads) {
      const remembered = this.#options.heads.cached(stream);
      if (remembered !== undefined && remembered.versionstamp !== versionstamp) return false;
    }
    return true;
  }

  /** Heads come first: what is read after a head can't be older than it. */
  async #read(entries: readonly Entry<unknown>[], trustMemory: boolean): Promise<BatchBase> {
    const { heads, committer } = this.#options;
    const known = new Map<StreamName, CachedHead>();
    const wanted: KvKey[] = [];
    const use: ((row: KvRow) => void)[] = [];
    const want = (key: KvKey, then: (row: KvRow) => void) => {
      wanted.push(key);
      use.push(then);
    };
    for (const { parts } of entries) {
      for (const { stream } of parts) {
        if (known.has(stream)) continue;
        const remembered = trustMemory ? heads.cached(stream) : undefined;
        known.set(stream, remembered ?? { head: undefined, versionstamp: null });
        if (remembered === undefined) {
          want(keys.head(stream), (row) => known.set(stream, headFromRow(row)));
        }
      }
    }
    const reads = new Map<Entry<unknown>, KvRow[]>();
    const collapsed = new Map<string, KvRow>();
    const topics = new Map<TopicStream, Head | undefined>();
    const memberships = new Map<string, KvRow>();
    for (const entry of entries) {
      if (entry.reads !== undefined) {
        const rows: KvRow[] = [];
        for (const key of entry.reads) want(key, (row) => rows.push(row));
        reads.set(entry, rows);
      }
      for (const { stream, intent } of entry.parts) {
        if ("topic" in intent) {
          const { topic } = intent;
          if (!topics.has(topic)) {
            const present = heads.current(topic);
            topics.set(topic, present?.head);
            if (present === undefined) {
              want(keys.head(topic), (row) => topics.set(topic, headFromRow(row).head));
            }
          }
          const id = membershipId(stream, topic);
          want(keys.sub(ownerOf(stream), ownerOf(topic)), (row) => memberships.set(id, row));
        }
        const key = intent.kind === "publish" ? intent.item.collapseKey : undefined;
        if (key === undefined) continue;
        want(keys.collapse(stream, key), (row) => collapsed.set(collapseId(stream, key), row));
      }
    }
    const rows = await committer.read(wanted);
    rows.forEach((row, i) => use[i]?.(row));
    await this.#readEveryone(known, topics);
    return { heads: known, reads, topics, memberships, collapsed };
  }

  /** Where a user's stream is made, it begins with what `everyone` has by now. */
  async #readEveryone(
    known: ReadonlyMap<StreamName, CachedHead>,
    topics: Map<TopicStream, Head | undefined>,
  ): Promise<void> {
    if (topics.has(EVERYONE)) return;
    const makesUser = known.entries().some(([stream, { head }]) =>
      head === undefined && !isTopic(stream)
    );
    if (!makesUser) return;
    const present = this.#options.heads.current(EVERYONE);
    if (present !== undefined) topics.set(EVERYONE, present.head);
    else {
      const [row] = await this.#options.committer.read([keys.head(EVERYONE)]);
      if (row !== undefined) topics.set(EVERYONE, headFromRow(row).head);
    }
  }

  /**
   * The commit's versionstamp, or undefined where others got in between.
   *
   * Markers take turns in a few slots, one for each commit in flight, rather than a key each: rows
   * that are overwritten cost the least, and nothing piles up that would have to be deleted.
   */
  async #commit(decision: Decision): Promise<Versionstamp | undefined> {
    const { committer, instance, newBatchId } = this.#options;
    if (decision.mutations.length === 0) {
      // Its checks pass as often as it is sent. A marker in it could be written long after the slot
      // had gone to another commit, and take that one's proof away.
      const { checks, mutations } = decision;
      const outcome = await committer.commit({ checks, mutations });
      return outcome.applied ? outcome.versionstamp : undefined;
    }
    const slot = this.#slots.pop() ?? this.#slotsMade++;
    const marker = { key: keys.commit(instance, slot), value: utf8(newBatchId()) };
    const mutations: KvMutation[] = [
      ...decision.mutations,
      { kind: "set", ...marker, expireIn: MARKER_EXPIRES_MS },
    ];
    const outcome = await committer.commit({ checks: decision.checks, mutations }, marker);
    this.#slots.push(slot);
    return outcome.applied ? outcome.versionstamp : undefined;
  }
}

function refusalOf(entry: Entry<unknown>, base: BatchBase): { error: unknown } | undefined {
  try {
    entry.validate?.(base.reads.get(entry) ?? []);
    return undefined;
  } catch (error) {
    return { error };
  }
}
