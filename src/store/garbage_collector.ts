import { hasGarbage } from "../domain/resume.ts";
import type { StreamName } from "../domain/stream_name.ts";
import type { HeadCache } from "./head_cache.ts";
import type { StreamCommit } from "./journal/decide_batch.ts";
import type { Journal } from "./journal/journal.ts";
import { ranges } from "./keys.ts";
import type { Kv, KvListed } from "../kv/kv.ts";

export interface GarbageCollectorOptions {
  readonly kv: Kv;
  readonly heads: HeadCache;
  readonly journal: Journal;
  readonly onError: (error: unknown) => void;
}

const PAGE = 500;

/**
 * Deletes rows that no head lists any more: items that went by the hundred, and changes below the
 * floor. A sweep that is cut short is started again with the stream's next one.
 */
export class GarbageCollector {
  readonly #options: GarbageCollectorOptions;
  readonly #waiting = new Set<StreamName>();
  #sweeping: Promise<void> | undefined;
  #stopped = false;

  constructor(options: GarbageCollectorOptions) {
    this.#options = options;
  }

  /** Notes which streams have something to sweep. */
  onCommits(commits: readonly StreamCommit[]): void {
    for (const { stream, head } of commits) {
      if (hasGarbage(head)) this.#waiting.add(stream);
    }
    if (this.#waiting.size > 0) this.#sweeping ??= this.#sweepWaiting();
  }

  /** Ends after the stream that is being swept. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#sweeping;
  }

  async #sweepWaiting(): Promise<void> {
    try {
      for (const stream of this.#waiting) {
        if (this.#stopped) break;
        this.#waiting.delete(stream);
        try {
          await this.#sweep(stream);
        } catch (error) {
          this.#options.onError(error);
        }
      }
    } finally {
      this.#sweeping = undefined;
    }
  }

  async #sweep(stream: StreamName): Promise<void> {
    const head = await this.#options.heads.read(stream);
    if (head === undefined || !hasGarbage(head)) return;
    const { epoch, swept, dead, changes: { floor } } = head;
    await this.#delete("change", { stream, epoch, after: swept, upTo: floor }, () => true);
    if (dead > 0) {
      const isDead = (seq: number) => !head.live.has(seq);
      await this.#delete("item", { stream, epoch, after: 0, upTo: head.seq }, isDead);
    }
    await this.#options.journal.append({
      parts: [{ stream, intent: { kind: "swept", upTo: floor, items: dead } }],
    });
  }

  /** A row that is dead stays so: it needs no check. */
  async #delete(
    kind: "item" | "change",
    range: { stream: StreamName; epoch: string; after: number; upTo: number },
    isDead: (seq: number) => boolean,
  ): Promise<void> {
    let { after } = range;
    let rows: KvListed[];
    do {
      rows = await this.#options.kv.list(ranges.log(kind, { ...range, after }), { limit: PAGE });
      after = rows.at(-1)?.key[3] as number ?? range.upTo;
      const dead = rows.filter(({ key }) => isDead(key[3] as number));
      const mutations = dead.map(({ key }) => ({ kind: "delete", key }) as const);
      if (mutations.length > 0) await this.#options.kv.commit({ checks: [], mutations });
    } while (rows.length === PAGE);
  }
}
