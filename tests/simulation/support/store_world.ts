import assert from "node:assert/strict";
import type { Item } from "../../../src/domain/item.ts";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import { ErrorReports } from "../../../src/feeds/error_reports.ts";
import { Feed } from "../../../src/feeds/feed.ts";
import { headFromRow } from "../../../src/store/head_cache.ts";
import { keys } from "../../../src/store/keys.ts";
import type { KvOperation } from "../../../src/kv/kv.ts";
import type { Publication } from "../../../src/store/publish/publication.ts";
import { openStore, type Store } from "../../../src/store/store.ts";
import { createNewId } from "../../../src/encoding/uuid_v7.ts";
import { DelayedKv } from "../../fakes/delayed_kv.ts";
import { type Death, DyingKv } from "../../fakes/dying_kv.ts";
import { unexpected } from "../../fakes/error_reports.ts";
import { MemoryKv } from "../../fakes/memory_kv.ts";
import type { SeededRandom } from "./seeded_random.ts";
import { VirtualClock } from "../../fakes/virtual_clock.ts";

const WAY_MAX_MS = 20;

/** One process that works on the store of a {@link StoreWorld}. */
export interface StoreProcess extends AsyncDisposable {
  readonly store: Store;
  readonly kv: DyingKv;
}

/** Processes that come and go, on one KV in memory, in a time that tests move on. */
export class StoreWorld {
  readonly clock = new VirtualClock();
  readonly kv = new MemoryKv({ now: () => this.clock.now() });
  readonly newId = createNewId({ now: () => this.clock.now() });
  /** What failed in the background of a process that lived. */
  readonly trouble: unknown[] = [];
  readonly #alive = new Set<string>();

  /**
   * Starts one, which dies at a commit if it is told to.
   *
   * @param options with `random` its calls take their time, and overtake each other; with `keepsLease`
   * the others don't know of its death
   */
  async open(
    { death, random, keepsLease = false }: {
      death?: Death;
      random?: SeededRandom;
      keepsLease?: boolean;
    } = {},
  ): Promise<StoreProcess> {
    const { clock } = this;
    const way = random && new DelayedKv(this.kv, { clock, random, wayMax: WAY_MAX_MS });
    const kv = new DyingKv(way ?? this.kv, death);
    const instance = this.newId();
    this.#alive.add(instance);
    if (!keepsLease) void kv.dead.then(() => this.#alive.delete(instance));
    const opening = openStore({
      kv,
      clock: this.clock,
      limits: { itemsMax: 1_000, changesMax: 4_096, retentionDays: 90 },
      instance,
      cluster: {
        remoteEvents: { gone: () => [], envelopes: () => [] },
        registry: {
          id: instance,
          live: this.#alive,
          isAlive: (id) => Promise.resolve(this.#alive.has(id)),
        },
      },
      newId: this.newId,
      checksMax: 10,
      commitsMax: 3,
      commits: new Feed(unexpected),
      commitRetries: new Feed(unexpected),
      reports: new ErrorReports((error) => {
        if (!kv.isDead) this.trouble.push(error);
      }, clock),
    });
    const store = await this.clock.until(opening, { withinMs: 60_000 });
    return {
      store,
      kv,
      [Symbol.asyncDispose]: async () => {
        this.#alive.delete(instance);
        // A dead process has nothing that could be waited for.
        const stopped = store.stopBackground();
        if (!kv.isDead) await this.clock.until(stopped, { withinMs: 60_000 });
        store.close();
      },
    };
  }

  /** What a call resolves to, however long it takes. */
  run<T>(call: Promise<T>): Promise<T> {
    return this.clock.until(call, { withinMs: 600_000 });
  }

  /** Runs a call until it is answered or its process is dead; what it rejects with is no matter. */
  async runOrDie(process: StoreProcess, call: Promise<unknown>): Promise<void> {
    const over = Promise.race([call.then(() => {}, () => {}), process.kv.dead]);
    await this.run(over);
  }

  /** Ids of the live items of a stream, in order. */
  async items(stream: StreamName): Promise<string[]> {
    const { head } = headFromRow(await this.kv.get(keys.head(stream)));
    if (head === undefined) return [];
    const seqs = head.live.seqsBetween(0, head.seq, head.live.size);
    const rows = await this.kv.getMany(seqs.map((seq) => keys.item(stream, head.epoch, seq)));
    return rows.map(({ value }) => {
      assert(value !== null, `the head of ${stream} lists an item that is not stored`);
      return JSON.parse(new TextDecoder().decode(value)).id;
    });
  }

  /** Every key that is there, but for leases, markers and the like. */
  async leftovers(...kinds: string[]): Promise<readonly unknown[]> {
    const rows = await Promise.all(
      kinds.map((kind) =>
        this.kv.list({ start: [kind], end: [`${kind}\u0000`] }, { limit: 100_000 })
      ),
    );
    return rows.flat().map(({ key }) => key);
  }
}

/** A notification for these streams. @param times milliseconds since the epoch */
export function publicationTo(
  streams: readonly StreamName[],
  { sendAt, expiresAt }: { sendAt?: number; expiresAt?: number } = {},
): Publication {
  return {
    streams,
    item: (id, at) => itemOf(id, { publishedAt: sendAt ?? at, expiresAt }),
    ...(sendAt === undefined ? {} : { sendAt }),
  };
}

function itemOf(
  id: string,
  { publishedAt, expiresAt }: { publishedAt: number; expiresAt: number | undefined },
): Item {
  const json = JSON.stringify({
    id,
    title: "x",
    publishedAt: new Date(publishedAt).toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
  });
  return {
    id,
    json,
    bytes: new TextEncoder().encode(json),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** The streams of so many users. */
export function usersStreams(count: number): StreamName[] {
  return Array.from({ length: count }, (_, i): StreamName => `user:u${i}`);
}

/** Whether a commit writes where a notification went, or that a call began or ended. */
export function isPublishing({ mutations }: KvOperation): boolean {
  return mutations.some(({ key: [kind] }) =>
    kind === "publish" || kind === "idempotency" || kind === "due" || kind === "scheduled"
  );
}
