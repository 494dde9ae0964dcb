import type { Clock } from "../../clock.ts";
import type { Item } from "../../domain/item.ts";
import type { Journal } from "../journal/journal.ts";
import { ranges } from "../keys.ts";
import type { Kv } from "../../kv/kv.ts";
import { timeOf } from "../../encoding/uuid_v7.ts";
import { isRetryable } from "../../kv/failures.ts";
import type {
  BatchPublished,
  BatchRequest,
  BatchResult,
  Idempotency,
  Publication,
  Published,
  PublishRequest,
} from "./publication.ts";
import type { KvHealth } from "../../kv/health.ts";
import {
  CHUNKS_MAX,
  chunksOf,
  type LinkedRow,
  type NotificationWrite,
  type NotificationWriter,
  receiptsOf,
  recordIn,
} from "./notification_writer.ts";
import type { CallIds, IdempotentCalls } from "./idempotent_calls.ts";
import { schedule } from "./schedule.ts";
import { ServiceError } from "../../errors.ts";

export interface PublisherOptions {
  readonly kv: Kv & KvHealth;
  readonly journal: Journal;
  readonly clock: Clock;
  /** A new UUIDv7. */
  readonly newId: () => string;
  readonly chunks: NotificationWriter;
  readonly calls: IdempotentCalls;
}

const RETRY_AFTER_MS = 1_000;

/** A notification under its id. */
interface StartedPublication {
  readonly item: Item;
  /** When it counts as published, in milliseconds since the epoch. */
  readonly at: number;
  readonly publication: Publication;
  /** Whether others may work on the same id. */
  readonly shared: boolean;
  /** What its first and last commit note. */
  readonly idempotency?: Idempotency;
}

/**
 * Publishes through the journal, at once or by storing what is to be sent later. Its promises resolve
 * after the commit is on disk.
 *
 * They reject with `overloaded`, `unavailable`, `idempotency_conflict` or `idempotency_in_progress`, and
 * with what an `item` throws.
 */
export class Publisher {
  readonly #options: PublisherOptions;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  async publish(request: PublishRequest): Promise<Published> {
    const { calls, clock, newId } = this.#options;
    this.#refuseWhileAway();
    const { idempotency } = request;
    if (idempotency === undefined) {
      const at = clock.now();
      const item = request.item(newId(), at);
      return await this.#write({ item, at, publication: request, shared: false });
    }
    return await calls.run(idempotency, {
      replay: ({ id }) => this.#replay(id),
      write: async (started) => {
        const at = started === undefined ? clock.now() : timeOfCall(started);
        const item = request.item(started?.id ?? newId(), at);
        return await this.#write({ item, at, publication: request, shared: true, idempotency });
      },
    });
  }

  /**
   * Publishes several, each on its own, one after the other for a recipient that they share. Where one
   * fails with `overloaded` or `unavailable`, those after it may fail too.
   */
  async publishAll({ entries, idempotency }: BatchRequest): Promise<BatchPublished> {
    this.#refuseWhileAway();
    const { calls, clock, newId } = this.#options;
    if (idempotency === undefined) {
      const results = await this.#writeAll(entries, {
        ids: entries.map(newId),
        at: clock.now(),
        shared: false,
      });
      return { results, replayed: false };
    }
    return await calls.run<BatchPublished>(idempotency, {
      replay: async (done) => ({
        results: await Promise.all(
          entries.map((entry, i) =>
            this.#replayEntry(entry, done.ids?.[i] as string, timeOfCall(done))
          ),
        ),
        replayed: true,
      }),
      write: async (started) => ({
        results: await this.#writeBatch(entries, idempotency, started),
        replayed: false,
      }),
    });
  }

  /** The ids are on disk before the first entry, so that a repeat goes on under the same ones. */
  async #writeBatch(
    entries: readonly Publication[],
    idempotency: Idempotency,
    started: CallIds | undefined,
  ): Promise<BatchResult[]> {
    const { calls, clock, newId } = this.#options;
    const ids = started?.ids ?? entries.map(newId);
    const at = started === undefined ? clock.now() : timeOfCall(started);
    const call = { id: ids[0] ?? newId(), ids, at };
    if (started === undefined) await calls.note(idempotency, { ...call, state: "running" });
    const results = await this.#writeAll(entries, { ids, at, shared: true });
    if (!results.some((result) => "failed" in result)) {
      await calls.note(idempotency, { ...call, state: "done" });
    }
    return results;
  }

  /**
   * Entries of one commit are queued one right behind the other, which keeps their order for a common
   * recipient; one of several commits waits until all before it are written, and lets none go ahead.
   */
  async #writeAll(
    entries: readonly Publication[],
    { ids, at, shared }: { ids: readonly string[]; at: number; shared: boolean },
  ): Promise<BatchResult[]> {
    const results: Promise<BatchResult>[] = [];
    let halted: BatchResult | undefined;
    for (const [i, publication] of entries.entries()) {
      const item = encode(publication, ids[i] as string, at);
      if ("refused" in item) {
        results.push(Promise.resolve(item));
        continue;
      }
      const isLarge = chunksOf(publication) > 1;
      if (isLarge) halted ??= (await Promise.all(results)).find(isStoreFailure);
      const written = halted ?? outcome(this.#write({ item, at, publication, shared }));
      results.push(Promise.resolve(written));
      if (isLarge && isStoreFailure(await written)) halted = await written;
    }
    return await Promise.all(results);
  }

  async #write(
    { item, at, publication, shared, idempotency }: StartedPublication,
  ): Promise<Published> {
    const { journal, clock, chunks, calls } = this.#options;
    const { streams, sendAt, from } = publication;
    const { id } = item;
    if (sendAt !== undefined) {
      const { keptMs } = chunks;
      const now = clock.now();
      const linkedRow = idempotency && calls.linkedRow(idempotency, { id, at, state: "done" });
      await schedule({ id, item, streams, sendAt, from }, { journal, now, keptMs, linkedRow });
      return { id, deliveries: [], sendAt, replayed: false };
    }
    const linkedRow = idempotency && linkFirstAndLast({ idempotency, id, at, streams }, calls);
    const { deliveries, ended } = await chunks.write({
      id,
      item,
      streams,
      shared,
      from,
      linkedRow,
    });
    if (!ended && idempotency !== undefined) {
      await calls.note(idempotency, { id, at, state: "done" });
    }
    return { id, deliveries, replayed: false };
  }

  /** Nobody has to wait to hear what is known already. */
  #refuseWhileAway(): void {
    if (this.#options.kv.isAway) {
      throw new ServiceError("unavailable", "The store is away", { retryAfterMs: RETRY_AFTER_MS });
    }
  }

  async #replay(id: string): Promise<Published> {
    const rows = await this.#options.kv.list(ranges.publish(id), { limit: CHUNKS_MAX });
    const records = rows.flatMap((row) => recordIn(row) ?? []);
    const sendAt = records[0]?.sendAt;
    if (sendAt !== undefined) return { id, deliveries: [], sendAt, replayed: true };
    return { id, deliveries: records.flatMap(receiptsOf), replayed: true };
  }

  /** What was refused under its id before is refused for the same reason again. */
  async #replayEntry(publication: Publication, id: string, at: number): Promise<BatchResult> {
    const item = encode(publication, id, at);
    return "refused" in item ? item : { published: await this.#replay(id) };
  }
}

/** The first commit of a call notes that it has started, the last one that it is done. */
function linkFirstAndLast(
  { idempotency, id, at, streams }:
    & { idempotency: Idempotency; at: number }
    & Pick<NotificationWrite, "id" | "streams">,
  calls: IdempotentCalls,
): (chunk: number) => LinkedRow | undefined {
  const last = chunksOf({ streams }) - 1;
  return (chunk) => {
    if (chunk === last) return calls.linkedRow(idempotency, { id, at, state: "done" });
    return chunk === 0 ? calls.linkedRow(idempotency, { id, at, state: "running" }) : undefined;
  };
}

/** Of a call that an older version has noted the id alone tells when it was. */
function timeOfCall({ id, at = timeOf(id) }: CallIds): number {
  return at;
}

function encode(
  { item }: Publication,
  id: string,
  at: number,
): Item | { readonly refused: unknown } {
  try {
    return item(id, at);
  } catch (error) {
    return { refused: error };
  }
}

function outcome(published: Promise<Published>): Promise<BatchResult> {
  return published.then((published) => ({ published }), (error: unknown) => ({ failed: error }));
}

/** Whether the next entry is likely to meet the same. */
function isStoreFailure(result: BatchResult): boolean {
  return "failed" in result && isRetryable(result.failed);
}
