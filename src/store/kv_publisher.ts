import type { Clock } from "../clock.ts";
import type { Item, Seq } from "../domain/item.ts";
import type { StreamName } from "../domain/stream_name.ts";
import {
  dueCodec,
  idempotencyCodec,
  type IdempotencyRecord,
  publishCodec,
} from "./codec/records.ts";
import { IdempotencyConflict, IdempotencyInProgress, Unavailable } from "./errors.ts";
import type { Entry } from "./journal/entry.ts";
import type { Journal, Room } from "./journal/journal.ts";
import { keys, ranges } from "./keys.ts";
import type { Kv, KvKey, KvMutation, KvRow } from "./kv.ts";
import type { Delivery, Idempotency, Published, Publisher, PublishRequest } from "./publisher.ts";
import type { KvHealth } from "./watched_kv.ts";

export interface KvPublisherOptions {
  readonly kv: Kv & KvHealth;
  readonly journal: Journal;
  readonly clock: Clock;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** Under which name this instance owns the calls that it begins now. */
  readonly owner: () => string;
  /** Whether another owner is still there to end what it has begun. */
  readonly isAlive: (owner: string) => Promise<boolean>;
  /** Days that it is remembered where a notification went. */
  readonly retentionDays: number;
}

/**
 * Recipients a commit: with the record of where they went and that of an idempotency key, ten rows
 * are checked, which is what a `denokv` server takes.
 */
const CHUNK = 8;
const CHUNKS_MAX = 1_000;
const IDEMPOTENCY_MS = 86_400_000;
const DAY_MS = 86_400_000;
const RETRY_AFTER_MS = 1_000;

/** What is known of a call when it begins: a new one, or one to go on with. */
interface Call {
  readonly id: string;
  readonly item: Item;
  readonly chunks: readonly (readonly StreamName[])[];
  readonly idempotency: Idempotency | undefined;
}

/** This chunk was applied before; it is told by its record. */
class ChunkPresent extends Error {
  constructor(readonly deliveries: readonly Delivery[]) {
    super("applied before");
  }
}

/**
 * Publishes through the journal. Recipients go in chunks of one commit each; a chunk's record, made
 * under a check that it is absent, lets a repeat go on where a dead instance stopped.
 */
export class KvPublisher implements Publisher {
  readonly #options: KvPublisherOptions;
  /** Calls with an idempotency key that run here now. */
  readonly #running = new Set<string>();

  constructor(options: KvPublisherOptions) {
    this.#options = options;
  }

  async publish(request: PublishRequest): Promise<Published> {
    // Nobody has to wait to hear what is known already.
    if (this.#options.kv.isAway) throw new Unavailable("The store is away", RETRY_AFTER_MS);
    const { idempotency } = request;
    if (idempotency === undefined) return await this.#write(this.#call(request, undefined));
    const running = JSON.stringify([idempotency.publisher, idempotency.key]);
    if (this.#running.has(running)) throw new IdempotencyInProgress(RETRY_AFTER_MS);
    this.#running.add(running);
    try {
      return await this.#publishOnce(request, idempotency);
    } finally {
      this.#running.delete(running);
    }
  }

  async #publishOnce(request: PublishRequest, idempotency: Idempotency): Promise<Published> {
    const { kv, isAlive, owner } = this.#options;
    const key = keys.idempotency(idempotency.publisher, idempotency.key);
    const row = await kv.get(key);
    const earlier = this.#valid(row);
    if (earlier === undefined) return await this.#write(this.#call(request, undefined));
    if (earlier.bodyHash !== idempotency.bodyHash) throw new IdempotencyConflict();
    if (earlier.state === "done") return await this.#replay(earlier.id);
    if (earlier.owner !== owner() && await isAlive(earlier.owner)) {
      throw new IdempotencyInProgress(RETRY_AFTER_MS);
    }
    await this.#takeOver(key, row, earlier);
    return await this.#write(this.#call(request, earlier.id));
  }

  /** A record that still counts; expired ones may lie around for a while. */
  #valid(row: KvRow): IdempotencyRecord | undefined {
    if (row.value === null) return undefined;
    const record = idempotencyCodec.decode(row.value);
    return record.expiresAt > this.#options.clock.now() ? record : undefined;
  }

  #call({ streams, item, idempotency }: PublishRequest, begunAs: string | undefined): Call {
    const id = begunAs ?? this.#options.newId();
    const chunks: StreamName[][] = [];
    for (let i = 0; i < streams.length; i += CHUNK) chunks.push(streams.slice(i, i + CHUNK));
    return { id, item: item(id), chunks, idempotency };
  }

  /**
   * The first chunk claims the idempotency key, the last one marks it done, and what lies between may
   * go in any order. There is room for all of them before the first one: a call that is refused for
   * overload has reached nobody.
   */
  async #write(call: Call): Promise<Published> {
    const last = call.chunks.length - 1;
    using room = this.#options.journal.reserve(call.chunks.length);
    const write = (chunk: number) => this.#writeChunk(call, chunk, room);
    const deliveries: (readonly Delivery[])[] = [await write(0)];
    if (last > 0) {
      const between = call.chunks.slice(1, -1).map((_, i) => write(i + 1));
      deliveries.push(...await settled(between), await write(last));
    }
    return { id: call.id, deliveries: deliveries.flat(), replayed: false };
  }

  async #writeChunk(call: Call, chunk: number, room: Room): Promise<readonly Delivery[]> {
    try {
      return await room.append(this.#entry(call, chunk));
    } catch (error) {
      if (error instanceof ChunkPresent) return error.deliveries;
      throw error;
    }
  }

  #entry(call: Call, chunk: number): Entry<readonly Delivery[]> {
    const { id, item, idempotency } = call;
    const streams = call.chunks[chunk] as readonly StreamName[];
    const isLast = chunk === call.chunks.length - 1;
    const place = keys.publish(id, chunk);
    const claim = idempotency === undefined
      ? undefined
      : keys.idempotency(idempotency.publisher, idempotency.key);
    const claims = chunk === 0 && claim !== undefined;
    // Only a repeat under the same key can meet a chunk that is already there.
    const reads = claim === undefined ? [] : claims ? [place, claim] : [place];
    return {
      parts: streams.map((stream) => ({ stream, intent: { kind: "publish", item } })),
      reads,
      admit: (rows) => {
        const present = rows[0];
        if (present !== undefined && present.value !== null) {
          throw new ChunkPresent(deliveriesOf(present.value));
        }
        const record = claims && rows[1] !== undefined ? this.#valid(rows[1]) : undefined;
        if (record !== undefined && record.id !== id) {
          throw new IdempotencyInProgress(RETRY_AFTER_MS);
        }
      },
      settle: (seqs) => {
        const deliveries = streams.map((stream, i) => ({ stream, seq: seqs[i] as Seq }));
        const mutations = this.#rows({ id, chunk, item, place, deliveries });
        if (claim !== undefined && (claims || isLast)) {
          mutations.push(this.#claim(claim, {
            id,
            bodyHash: idempotency?.bodyHash ?? "",
            state: isLast ? "done" : "running",
          }));
        }
        return { mutations, result: deliveries };
      },
    };
  }

  #rows({ id, chunk, item, place, deliveries }: {
    id: string;
    chunk: number;
    item: Item;
    place: KvKey;
    deliveries: readonly Delivery[];
  }): KvMutation[] {
    const mutations: KvMutation[] = [{
      kind: "set",
      key: place,
      value: publishCodec.encode({
        deliveries: deliveries.map(({ stream, seq }) => [stream, seq]),
      }),
      expireIn: (this.#options.retentionDays + 1) * DAY_MS,
    }];
    // What outlives the retention goes with it.
    const end = this.#options.clock.now() + this.#options.retentionDays * DAY_MS;
    if (item.expiresAt !== undefined && item.expiresAt <= end) {
      mutations.push({
        kind: "set",
        key: keys.due(item.expiresAt, id, chunk),
        value: dueCodec.encode({ kind: "expire" }),
      });
    }
    return mutations;
  }

  #claim(
    key: KvKey,
    { id, bodyHash, state }: Pick<IdempotencyRecord, "id" | "bodyHash" | "state">,
  ): KvMutation {
    const { clock, owner } = this.#options;
    const expiresAt = clock.now() + IDEMPOTENCY_MS;
    return {
      kind: "set",
      key,
      value: idempotencyCodec.encode({ bodyHash, id, state, owner: owner(), expiresAt }),
      expireIn: IDEMPOTENCY_MS,
    };
  }

  /** Makes this instance the owner of a call that another one left unfinished. */
  async #takeOver(key: KvKey, seen: KvRow, record: IdempotencyRecord): Promise<void> {
    if (record.owner === this.#options.owner()) return;
    await this.#options.journal.append({
      parts: [],
      reads: [key],
      admit: ([row]) => {
        if (row?.versionstamp !== seen.versionstamp) {
          throw new IdempotencyInProgress(RETRY_AFTER_MS);
        }
      },
      settle: () => ({ mutations: [this.#claim(key, record)], result: undefined }),
    });
  }

  async #replay(id: string): Promise<Published> {
    const rows = await this.#options.kv.list(ranges.publish(id), { limit: CHUNKS_MAX });
    return { id, deliveries: rows.flatMap(({ value }) => deliveriesOf(value)), replayed: true };
  }
}

function deliveriesOf(value: Uint8Array): Delivery[] {
  return publishCodec.decode(value).deliveries.map(([stream, seq]) => ({ stream, seq }));
}

/** Waits for all, also when one fails: nothing of a call may go on after it was answered. */
async function settled<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
