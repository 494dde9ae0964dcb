import { DAY_MS } from "../../domain/days.ts";
import type { Item, Seq } from "../../domain/item.ts";
import type { StreamName, UserId } from "../../domain/stream_name.ts";
import { dueCodec, publishCodec, type PublishRecord } from "../codec/records.ts";
import type { QueueLoad } from "../journal/queue_limits.ts";
import type { Entry } from "../journal/entry.ts";
import type { Journal, Reservation } from "../journal/journal.ts";
import { keys } from "../keys.ts";
import type { KvKey, KvMutation, KvRow } from "../../kv/kv.ts";
import type { Receipt } from "./publication.ts";

/**
 * Recipients a commit: with the record of where they went and one row more, such as that of an
 * idempotency key, ten rows are checked, which is what a `denokv` server takes.
 */
export const CHUNK_RECIPIENTS = 8;
/** Rows that a recipient takes: the item, what keeps its collapse key, and what goes for it. */
const ROWS = 6;
/** Stands for a recipient who was erased before a notification was sent. */
export const ERASED: StreamName = "user:";
/** The most chunks that a notification can have. */
export const CHUNKS_MAX = 1_000;

/** A notification on its way to its recipients. */
export interface NotificationWrite {
  readonly id: string;
  readonly item: Item;
  readonly streams: readonly StreamName[];
  readonly sendAt?: number;
  /** The user who publishes it, where it is not a publisher. */
  readonly from?: UserId | undefined;
  /**
   * Whether others may write the same one: then each chunk is checked to be absent. So are those of
   * several chunks, as the recall of one by whoever has it already must keep the rest from being written.
   */
  readonly shared: boolean;
  /** A row outside of the notification that a chunk's commit depends on; none unless given. */
  readonly linkedRow?: ((chunk: number) => LinkedRow | undefined) | undefined;
}

/** What else a chunk's commit checks and writes. */
export interface LinkedRow {
  readonly key: KvKey;
  /** Throws to refuse. */
  readonly validate: (row: KvRow) => void;
  readonly mutations: () => readonly KvMutation[];
}

/** What became of it. */
export interface WriteResult {
  readonly deliveries: readonly Receipt[];
  /** Whether the last chunk was written now, with what is linked to it; not where a recall was faster. */
  readonly ended: boolean;
}

/** What became of a chunk: its record, written now or found. */
interface ChunkResult {
  readonly record: PublishRecord;
  readonly isNew: boolean;
}

/** This chunk was applied before, or recalled; its record tells. */
class ChunkPresent extends Error {
  constructor(readonly record: PublishRecord) {
    super("applied before");
  }
}

/**
 * Writes notifications chunk by chunk. A chunk's record, made under a check that it is absent, lets
 * whoever goes on after a crash leave out what is there.
 */
export class NotificationWriter {
  readonly #journal: Journal;
  readonly #now: () => number;
  readonly #retentionMs: number;

  /** @param options `now`: milliseconds since the epoch; `retentionDays`: how long records are kept */
  constructor(
    { journal, now, retentionDays }: {
      journal: Journal;
      now: () => number;
      retentionDays: number;
    },
  ) {
    this.#journal = journal;
    this.#now = now;
    this.#retentionMs = retentionDays * DAY_MS;
  }

  /** How long the records of what is written now are kept, in milliseconds. */
  get keptMs(): number {
    return this.#retentionMs + DAY_MS;
  }

  /**
   * The first chunk goes before all others and the last one after them; what lies between may go in
   * any order. There is room for all of them before the first one: a call that is refused for
   * overload has reached nobody.
   */
  async write(writing: NotificationWrite): Promise<WriteResult> {
    const last = chunksOf(writing) - 1;
    // Almost every notification is one chunk, which needs no room beside others.
    if (last === 0) return ofOnly(await this.#writeChunk(writing, 0, this.#journal));
    using room = this.#journal.reserve(loadOf(writing));
    const write = (chunk: number) => this.#writeChunk(writing, chunk, room);
    const first = await write(0);
    // A recall of what was not sent yet leaves no more than this one record.
    if (first.record.recalled) return ofOnly(first);
    const between = Array.from({ length: last - 1 }, (_, i) => write(i + 1));
    const chunks = [first, ...await waitForAll(between), await write(last)];
    return {
      deliveries: chunks.flatMap(({ record }) => receiptsOf(record)),
      ended: chunks.at(-1)?.isNew === true,
    };
  }

  #writeChunk(
    writing: NotificationWrite,
    chunk: number,
    room: Pick<Reservation, "append">,
  ): Promise<ChunkResult> {
    return room.append(this.#entry(writing, chunk)).then(writtenNow, writtenBefore);
  }

  #entry(writing: NotificationWrite, chunk: number): Entry<PublishRecord> {
    const { id, item } = writing;
    const shared = writing.shared || chunksOf(writing) > 1;
    // Erased recipients keep their place, so that no other one changes chunks.
    const streams = writing.streams.slice(chunk * CHUNK_RECIPIENTS, (chunk + 1) * CHUNK_RECIPIENTS)
      .filter((stream) => stream !== ERASED);
    const linkedRow = writing.linkedRow?.(chunk);
    const entry: Entry<PublishRecord> = {
      parts: streams.map((stream) => ({ stream, intent: { kind: "publish", item } })),
      complete: (seqs) => {
        const record: PublishRecord = {
          deliveries: streams.map((stream, i) => [stream, seqs[i] as Seq]),
          ...(chunk === 0 ? headerOf(writing) : undefined),
        };
        const mutations = this.#rows(writing, chunk, record);
        if (linkedRow !== undefined) mutations.push(...linkedRow.mutations());
        return { mutations, result: record };
      },
    };
    if (!shared && linkedRow === undefined) return entry;
    const place = keys.publish(id, chunk);
    return {
      ...entry,
      reads: [...(shared ? [place] : []), ...(linkedRow === undefined ? [] : [linkedRow.key])],
      validate: (rows) => {
        const present = shared ? recordIn(rows[0]) : undefined;
        if (present !== undefined && present.scheduled !== true) {
          throw new ChunkPresent(present);
        }
        const linked = rows[shared ? 1 : 0];
        if (linked !== undefined) linkedRow?.validate(linked);
      },
    };
  }

  #rows(
    writing: NotificationWrite,
    chunk: number,
    record: PublishRecord,
  ): KvMutation[] {
    const { id, item: { expiresAt }, from } = writing;
    const mutations: KvMutation[] = [{
      kind: "set",
      key: keys.publish(id, chunk),
      value: publishCodec.encode(record),
      expireIn: this.keptMs,
    }];
    if (chunk === 0 && from !== undefined) mutations.push(sentRow({ id, from }, this.keptMs));
    // What outlives the retention goes with it.
    if (expiresAt !== undefined && expiresAt <= this.#now() + this.#retentionMs) {
      mutations.push({
        kind: "set",
        key: keys.due(expiresAt, id, chunk),
        value: dueCodec.encode({ kind: "expire" }),
      });
    }
    return mutations;
  }
}

/** What a notification of several chunks is together. */
function loadOf({ item, streams }: NotificationWrite): QueueLoad {
  return {
    entries: chunksOf({ streams }),
    bytes: item.bytes.length * streams.length,
    mutations: ROWS * streams.length,
  };
}

function writtenNow(record: PublishRecord): ChunkResult {
  return { record, isNew: true };
}

function writtenBefore(error: unknown): ChunkResult {
  if (error instanceof ChunkPresent) return { record: error.record, isNew: false };
  throw error;
}

function ofOnly({ record, isNew }: ChunkResult): WriteResult {
  return { deliveries: receiptsOf(record), ended: isNew };
}

/** What the first chunk's record says of the notification as a whole. */
export function headerOf(
  { item: { expiresAt }, sendAt, streams }: Pick<NotificationWrite, "item" | "sendAt" | "streams">,
): Omit<PublishRecord, "deliveries"> {
  const chunks = chunksOf({ streams });
  return {
    ...(chunks === 1 ? {} : { chunks }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(sendAt === undefined ? {} : { sendAt }),
  };
}

/** By what a notification of a user is found again. */
export function sentRow({ id, from }: { id: string; from: UserId }, expireIn: number): KvMutation {
  return { kind: "set", key: keys.sent(from, id), value: new Uint8Array(), expireIn };
}

/** In how many chunks it goes. */
export function chunksOf({ streams }: Pick<NotificationWrite, "streams">): number {
  return Math.ceil(streams.length / CHUNK_RECIPIENTS);
}

/** The record of a chunk, if there is one. */
export function recordIn(row: KvRow | undefined): PublishRecord | undefined {
  return row === undefined || row.value === null ? undefined : publishCodec.decode(row.value);
}

/** Where a chunk went. */
export function receiptsOf({ deliveries }: PublishRecord): Receipt[] {
  return deliveries.map(([stream, seq]) => ({ stream, seq }));
}

/** Waits for all, also when one fails: nothing of a call may go on after it was answered. */
export async function waitForAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
