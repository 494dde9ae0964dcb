import type { Counts, Item } from "../../src/domain/item.ts";
import type { StreamName } from "../../src/domain/stream_name.ts";
import { IdempotencyConflict } from "../../src/store/errors.ts";
import type {
  Inbox,
  InboxCounts,
  InboxPage,
  InboxQuery,
  Reader,
} from "../../src/store/inbox/inbox.ts";
import type { Notifications, NotificationStatus } from "../../src/store/publish/notifications.ts";
import type {
  BatchPublished,
  BatchRequest,
  BatchResult,
  Delivery,
  Published,
  Publisher,
  PublishRequest,
} from "../../src/store/publish/publisher.ts";
import { createNewId, type NewId } from "../../src/encoding/uuid_v7.ts";

/**
 * A publisher, its notifications and an inbox in memory, for tests of what stands in front of them. It numbers, keeps
 * and replays as the ports promise; `failure`, once set, is what every call rejects with.
 */
export class FakeStore implements Publisher, Notifications, Inbox {
  failure: Error | undefined;
  readonly requests: PublishRequest[] = [];
  readonly queries: InboxQuery[] = [];
  readonly items: { stream: string; seq: number; item: Item }[] = [];
  readonly #seqs = new Map<string, number>();
  readonly #answers = new Map<string, { bodyHash: string; published: Published }>();
  readonly #newId: NewId;

  constructor({ newId = createNewId() }: { newId?: NewId } = {}) {
    this.#newId = newId;
  }

  // deno-lint-ignore require-await -- the port is asynchronous
  async publish(request: PublishRequest): Promise<Published> {
    if (this.failure !== undefined) throw this.failure;
    this.requests.push(request);
    const { idempotency } = request;
    const key = idempotency && JSON.stringify([idempotency.publisher, idempotency.key]);
    const earlier = key === undefined ? undefined : this.#answers.get(key);
    if (earlier !== undefined) {
      if (earlier.bodyHash !== idempotency?.bodyHash) throw new IdempotencyConflict();
      return { ...earlier.published, replayed: true };
    }

    const id = this.#newId();
    const item = request.item(id, Date.now());
    const { sendAt } = request;
    if (sendAt !== undefined) return { id, deliveries: [], sendAt, replayed: false };
    const deliveries: Delivery[] = request.streams.map((stream) => {
      const seq = (this.#seqs.get(stream) ?? 0) + 1;
      this.#seqs.set(stream, seq);
      this.items.push({ stream, seq, item });
      return { stream, seq };
    });
    const published = { id, deliveries, replayed: false };
    if (key !== undefined && idempotency !== undefined) {
      this.#answers.set(key, { bodyHash: idempotency.bodyHash, published });
    }
    return published;
  }

  async publishAll({ entries }: BatchRequest): Promise<BatchPublished> {
    if (this.failure !== undefined) throw this.failure;
    const results = entries.map((entry): Promise<BatchResult> =>
      this.publish(entry).then(
        (published) => ({ published }),
        (error: unknown) => ({ refused: error }),
      )
    );
    return { results: await Promise.all(results), replayed: false };
  }

  // deno-lint-ignore require-await -- the port is asynchronous
  async status(id: string): Promise<NotificationStatus | undefined> {
    if (this.failure !== undefined) throw this.failure;
    const found = this.items.filter(({ item }) => item.id === id);
    const deliveries = found.map(({ stream, seq }) => ({ stream: stream as StreamName, seq }));
    return found.length === 0 ? undefined : { id, state: "sent", deliveries };
  }

  // deno-lint-ignore require-await -- the port is asynchronous
  async recall(id: string): Promise<boolean> {
    if (this.failure !== undefined) throw this.failure;
    return this.items.some(({ item }) => item.id === id);
  }

  // deno-lint-ignore require-await -- the port is asynchronous
  async list({ user }: Reader, query: InboxQuery): Promise<InboxPage> {
    if (this.failure !== undefined) throw this.failure;
    this.queries.push(query);
    const { limit, cursor } = query;
    const before = cursor === undefined ? Infinity : Number(cursor);
    const left = this.items
      .filter(({ stream, seq }) => stream === `user:${user}` && seq < before)
      .sort((a, b) => b.seq - a.seq);
    const page = left.slice(0, limit);
    const last = page.at(-1);
    return {
      items: page.map(({ seq, item }) =>
        `${item.json.slice(0, -1)},"stream":"user","seq":${seq},` +
        `"read":false,"seen":false,"archived":false}`
      ),
      counts: this.#count(user),
      read: { rows: page.length, bytes: 0 },
      ...(left.length > limit && last !== undefined ? { next: String(last.seq) } : {}),
    };
  }

  // deno-lint-ignore require-await -- the port is asynchronous
  async counts({ user }: Reader): Promise<InboxCounts> {
    if (this.failure !== undefined) throw this.failure;
    return { counts: this.#count(user), read: { rows: 1, bytes: 0 } };
  }

  #count(user: string): Counts {
    const unread = this.#seqs.get(`user:${user}`) ?? 0;
    return { unread, unseen: unread };
  }
}
