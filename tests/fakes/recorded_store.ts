import type { Clock } from "../../src/clock.ts";
import type { Item, Seq } from "../../src/domain/item.ts";
import { createNewId } from "../../src/encoding/uuid_v7.ts";
import { Feed } from "../../src/feeds/feed.ts";
import type { InboxQuery } from "../../src/store/inbox/inbox.ts";
import type { CommitFeed } from "../../src/store/journal/journal.ts";
import type { PublishRequest } from "../../src/store/publish/publication.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { noReports, unexpected } from "./error_reports.ts";
import { MemoryKv } from "./memory_kv.ts";

type Api = Pick<Store, "publisher" | "notifications" | "inbox" | "marks" | "topics" | "erase">;

/** The time of this machine; timers never fire, so nothing goes on when a test has ended. */
const WITHOUT_TIMERS: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: () => ({ cancel() {} }),
};

/** A store in memory that records what it is asked for; `failure`, once set, is what every call throws. */
export class RecordedStore {
  failure: Error | undefined;
  readonly requests: PublishRequest[] = [];
  readonly queries: InboxQuery[] = [];
  readonly items: { stream: string; seq: Seq; item: Item }[] = [];
  readonly api: Api;

  private constructor(store: Store, commits: CommitFeed) {
    commits.subscribe((streams) => {
      for (const { stream, events } of streams) {
        for (const event of events) {
          if (event.kind !== "notification") continue;
          this.items.push({ stream, seq: event.seq, item: event.item });
        }
      }
    });
    this.api = {
      publisher: this.#recorded(store.publisher, {
        publish: (request: PublishRequest) => this.requests.push(request),
        publishAll: ({ entries }: { entries: PublishRequest[] }) => this.requests.push(...entries),
      }),
      notifications: this.#recorded(store.notifications),
      inbox: this.#recorded(store.inbox, {
        list: (_reader: unknown, query: InboxQuery) => this.queries.push(query),
      }),
      marks: this.#recorded(store.marks),
      topics: this.#recorded(store.topics),
      erase: this.#recorded(store.erase),
    };
  }

  static async open(): Promise<RecordedStore> {
    const commits: CommitFeed = new Feed(unexpected);
    const store = await openStore({
      kv: Object.assign(new MemoryKv(), { isAway: false }),
      clock: WITHOUT_TIMERS,
      limits: { itemsMax: 1_000, changesMax: 4_096, retentionDays: 90 },
      instance: "test",
      newId: createNewId(),
      checksMax: 10,
      commitsMax: 3,
      commits,
      commitRetries: new Feed(unexpected),
      reports: noReports,
    });
    return new RecordedStore(store, commits);
  }

  // deno-lint-ignore no-explicit-any -- each method has arguments of its own
  #recorded<T extends object>(target: T, record: Record<string, (...args: any[]) => void> = {}): T {
    return new Proxy(target, {
      get: (_, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return async (...args: unknown[]) => {
          if (this.failure !== undefined) throw this.failure;
          record[String(name)]?.(...args);
          return await method.apply(target, args);
        };
      },
    });
  }
}
