import type { Clock } from "../../clock.ts";
import type { Item } from "../../domain/item.ts";
import { Unavailable } from "../errors.ts";
import type { Journal } from "../journal/journal.ts";
import { ranges } from "../keys.ts";
import type { Kv } from "../kv.ts";
import { isOutage } from "../outage.ts";
import type {
  BatchPublished,
  BatchRequest,
  BatchResult,
  Idempotency,
  Publication,
  Published,
  Publisher,
  PublishRequest,
} from "../publisher.ts";
import type { KvHealth } from "../watched_kv.ts";
import {
  type Chunks,
  CHUNKS_MAX,
  chunksOf,
  deliveriesOf,
  recordIn,
  type Tie,
  type Writing,
} from "./chunks.ts";
import type { IdempotentCalls } from "./idempotent_calls.ts";
import { schedule } from "./schedule.ts";

export interface KvPublisherOptions {
  readonly kv: Kv & KvHealth;
  readonly journal: Journal;
  readonly clock: Clock;
  /** A new UUIDv7. */
  readonly newId: () => string;
  readonly chunks: Chunks;
  readonly calls: IdempotentCalls;
}

const RETRY_AFTER_MS = 1_000;

/** A notification under its id. */
interface Begun {
  readonly item: Item;
  readonly publication: Publication;
  /** Whether others may work on the same id. */
  readonly shared: boolean;
  /** What its first and last commit note. */
  readonly idempotency?: Idempotency;
}

/** Publishes through the journal, at once or by writing down what is to be sent later. */
export class KvPublisher implements Publisher {
  readonly #options: KvPublisherOptions;

  constructor(options: KvPublisherOptions) {
    this.#options = options;
  }

  async publish(request: PublishRequest): Promise<Published> {
    const { calls, newId } = this.#options;
    this.#refuseWhileAway();
    const { idempotency } = request;
    if (idempotency === undefined) {
      const item = request.item(newId());
      return await this.#write({ item, publication: request, shared: false });
    }
    return await calls.run(idempotency, {
      replay: ({ id }) => this.#replay(id),
      write: async (begun) => {
        const item = request.item(begun?.id ?? newId());
        return await this.#write({ item, publication: request, shared: true, idempotency });
      },
    });
  }

  async publishAll({ entries, idempotency }: BatchRequest): Promise<BatchPublished> {
    this.#refuseWhileAway();
    const { calls, newId } = this.#options;
    if (idempotency === undefined) {
      const ids = entries.map(newId);
      return { results: await this.#writeAll(entries, ids, { shared: false }), replayed: false };
    }
    return await calls.run<BatchPublished>(idempotency, {
      replay: async ({ ids = [] }) => ({
        results: await Promise.all(
          entries.map((entry, i) => this.#replayEntry(entry, ids[i] as string)),
        ),
        replayed: true,
      }),
      write: async (begun) => ({
        results: await this.#writeBatch(entries, idempotency, begun?.ids),
        replayed: false,
      }),
    });
  }

  /** The ids are on disk before the first entry, so that a repeat goes on under the same ones. */
  async #writeBatch(
    entries: readonly Publication[],
    idempotency: Idempotency,
    begun: readonly string[] | undefined,
  ): Promise<BatchResult[]> {
    const { calls, newId } = this.#options;
    const ids = begun ?? entries.map(newId);
    const call = { id: ids[0] ?? newId(), ids };
    if (begun === undefined) await calls.note(idempotency, { ...call, state: "running" });
    const results = await this.#writeAll(entries, ids, { shared: true });
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
    ids: readonly string[],
    { shared }: { shared: boolean },
  ): Promise<BatchResult[]> {
    const results: Promise<BatchResult>[] = [];
    let halted: BatchResult | undefined;
    for (const [i, publication] of entries.entries()) {
      const item = encode(publication, ids[i] as string);
      if ("refused" in item) {
        results.push(Promise.resolve(item));
        continue;
      }
      const isLarge = chunksOf(publication) > 1;
      if (isLarge) halted ??= (await Promise.all(results)).find(isForWantOfStore);
      const written = halted ?? outcome(this.#write({ item, publication, shared }));
      results.push(Promise.resolve(written));
      if (isLarge && isForWantOfStore(await written)) halted = await written;
    }
    return await Promise.all(results);
  }

  async #write({ item, publication, shared, idempotency }: Begun): Promise<Published> {
    const { journal, clock, chunks, calls } = this.#options;
    const { streams, sendAt, from } = publication;
    const { id } = item;
    if (sendAt !== undefined) {
      const { keptMs } = chunks;
      const now = clock.now();
      const tie = idempotency && calls.tie(idempotency, { id, state: "done" });
      await schedule({ id, item, streams, sendAt, from }, { journal, now, keptMs, tie });
      return { id, deliveries: [], sendAt, replayed: false };
    }
    const tie = idempotency && tieEnds({ idempotency, id, streams }, calls);
    const { deliveries, ended } = await chunks.write({ id, item, streams, shared, from, tie });
    if (!ended && idempotency !== undefined) await calls.note(idempotency, { id, state: "done" });
    return { id, deliveries, replayed: false };
  }

  /** Nobody has to wait to hear what is known already. */
  #refuseWhileAway(): void {
    if (this.#options.kv.isAway) throw new Unavailable("The store is away", RETRY_AFTER_MS);
  }

  async #replay(id: string): Promise<Published> {
    const rows = await this.#options.kv.list(ranges.publish(id), { limit: CHUNKS_MAX });
    const records = rows.flatMap((row) => recordIn(row) ?? []);
    const sendAt = records[0]?.sendAt;
    if (sendAt !== undefined) return { id, deliveries: [], sendAt, replayed: true };
    return { id, deliveries: records.flatMap(deliveriesOf), replayed: true };
  }

  /** What was refused under its id before is refused for the same reason again. */
  async #replayEntry(publication: Publication, id: string): Promise<BatchResult> {
    const item = encode(publication, id);
    return "refused" in item ? item : { published: await this.#replay(id) };
  }
}

/** The first commit of a call notes that it has begun, the last one that it is done. */
function tieEnds(
  { idempotency, id, streams }: { idempotency: Idempotency } & Pick<Writing, "id" | "streams">,
  calls: IdempotentCalls,
): (chunk: number) => Tie | undefined {
  const last = chunksOf({ streams }) - 1;
  return (chunk) => {
    if (chunk === last) return calls.tie(idempotency, { id, state: "done" });
    return chunk === 0 ? calls.tie(idempotency, { id, state: "running" }) : undefined;
  };
}

function encode({ item }: Publication, id: string): Item | { readonly refused: unknown } {
  try {
    return item(id);
  } catch (error) {
    return { refused: error };
  }
}

function outcome(published: Promise<Published>): Promise<BatchResult> {
  return published.then((published) => ({ published }), (error: unknown) => ({ failed: error }));
}

/** Whether the next entry is likely to meet the same. */
function isForWantOfStore(result: BatchResult): boolean {
  return "failed" in result && isOutage(result.failed);
}
