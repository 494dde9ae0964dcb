import assert from "node:assert/strict";
import fc from "fast-check";
import type { MarkOp } from "../../../src/domain/event.ts";
import type { Item } from "../../../src/domain/item.ts";
import type { StreamName, TopicStream } from "../../../src/domain/stream_name.ts";
import { utf8 } from "../../../src/store/codec/bytes.ts";
import type { InboxQuery, InboxStatus } from "../../../src/store/inbox/inbox.ts";
import { openStore, type Store } from "../../../src/store/store.ts";
import { createNewId } from "../../../src/encoding/uuid_v7.ts";
import { Feed } from "../../../src/feeds/feed.ts";
import { noReports, unexpected } from "../../fakes/error_reports.ts";
import { MemoryKv } from "../../fakes/memory_kv.ts";
import { type NaiveEntry, NaiveInbox } from "../../simulation/support/naive_inbox.ts";
import { VirtualClock } from "../../fakes/virtual_clock.ts";

const OWN = "user:ada";
const STREAMS: readonly StreamName[] = [OWN, "topic:everyone", "topic:a", "topic:b"];
const TOPICS: readonly TopicStream[] = ["topic:a", "topic:b"];
const LIMITS = { itemsMax: 12, changesMax: 100, retentionDays: 90 };

type Step =
  | { readonly kind: "publish"; readonly stream: StreamName; readonly category: string }
  | { readonly kind: "recall"; readonly stream: StreamName; readonly pick: number }
  | { readonly kind: "join" | "leave"; readonly stream: TopicStream }
  | {
    readonly kind: "mark";
    readonly op: MarkOp;
    readonly stream: StreamName;
    readonly items?: readonly number[];
    readonly upTo?: number;
  }
  | { readonly kind: "page" };

const streams = fc.constantFrom(...STREAMS);
const categories = fc.constantFrom("one", "two");
const seqs = fc.integer({ min: 1, max: 30 });
const ops = fc.constantFrom<MarkOp>("read", "unread", "seen", "archive", "unarchive", "delete");
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant("publish" as const),
        stream: streams,
        category: categories,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("recall" as const),
        stream: streams,
        pick: fc.nat(20),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom("join" as const, "join" as const, "leave" as const),
        stream: fc.constantFrom(...TOPICS),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.oneof(
        fc.record({ kind: fc.constant("mark" as const), op: ops, stream: streams, upTo: seqs }),
        fc.record({
          kind: fc.constant("mark" as const),
          op: ops,
          stream: streams,
          items: fc.array(seqs, { minLength: 1, maxLength: 4 }),
        }),
      ),
    },
    { weight: 4, arbitrary: fc.constant<Step>({ kind: "page" }) },
  ),
  { maxLength: 50, size: "max" },
);
const queries: fc.Arbitrary<InboxQuery> = fc.record({
  status: fc.constantFrom<InboxStatus>("active", "unread", "archived", "all"),
  limit: fc.integer({ min: 1, max: 7 }),
  category: categories,
  topic: fc.constantFrom("a", "everyone"),
}, { requiredKeys: ["status", "limit"], noNullPrototype: true });

const reader = { user: "ada", isInForce: () => true };

/** A store, a user's inbox in it, and what it should be. */
class World {
  readonly naive = new NaiveInbox();
  readonly last = new Map<StreamName, number>();
  #count = 0;

  constructor(readonly store: Store, readonly clock: VirtualClock) {}

  static async open(): Promise<World> {
    const clock = new VirtualClock();
    const kv = Object.assign(new MemoryKv({ now: () => clock.now() }), { isAway: false });
    const opening = openStore({
      kv: kv as unknown as Parameters<typeof openStore>[0]["kv"],
      clock,
      limits: LIMITS,
      instance: "i1",
      newId: createNewId({ now: () => clock.now() }),
      checksMax: 10,
      commitsMax: 2,
      commits: new Feed(unexpected),
      commitRetries: new Feed(unexpected),
      reports: noReports,
    });
    const store = await clock.until(opening, { withinMs: 60_000 });
    const world = new World(store, clock);
    await world.run(store.topics.join("ada", "topic:everyone", false));
    return world;
  }

  /** Time passes until it is done. */
  run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.until(promise, { withinMs: 60_000 });
  }

  async publish(stream: StreamName, category: string): Promise<void> {
    await this.clock.advance(1);
    const publishedAt = this.clock.now();
    const title = `No. ${++this.#count}`;
    const json = JSON.stringify({
      id: title,
      title,
      category,
      publishedAt: new Date(publishedAt).toISOString(),
    });
    const item: Item = { id: title, json, bytes: utf8(json) };
    const seq = await this.#append(stream, { kind: "publish", item });
    const name = stream === OWN ? "user" : stream;
    this.naive.add({ stream: name, seq: seq as number, title, category, publishedAt });
    await this.#dropTrimmed(stream, name);
  }

  async recall(stream: StreamName, pick: number): Promise<void> {
    const name = stream === OWN ? "user" : stream;
    const live = this.naive.entries.filter((entry) => entry.stream === name);
    const seq = live[pick % Math.max(1, live.length)]?.seq;
    if (seq === undefined) return;
    await this.#append(stream, { kind: "recall", seq });
    this.naive.remove(name, seq);
  }

  async #append(
    stream: StreamName,
    intent: Parameters<Store["journal"]["append"]>[0]["parts"][number]["intent"],
  ): Promise<number | undefined> {
    return await this.run(this.store.journal.append<number | undefined>({
      parts: [{ stream, intent }],
      complete: ([seq]) => ({ mutations: [], result: seq }),
    }));
  }

  /** The oldest of a stream make room, whoever has marked them. */
  async #dropTrimmed(stream: StreamName, name: string): Promise<void> {
    const head = await this.run(this.store.heads.read(stream));
    for (const { stream: own, seq } of this.naive.entries) {
      if (own === name && head?.live.has(seq) === false) this.naive.remove(name, seq);
    }
  }

  async lastOf(stream: StreamName): Promise<number> {
    return (await this.run(this.store.heads.read(stream)))?.seq ?? 0;
  }
}

interface Shown extends Pick<NaiveEntry, "stream" | "seq" | "read" | "seen" | "archived"> {
  readonly publishedAt: string;
}

Deno.test("the inbox shows a user all streams, whole and counted right, whatever happens to them", async () => {
  await fc.assert(
    fc.asyncProperty(steps, queries, async (steps, query) => {
      const world = await World.open();
      const { store, naive } = world;
      for (const step of steps) {
        await play(world, step);
        if (step.kind !== "page") continue;
        assert.deepEqual((await world.run(store.inbox.counts(reader))).counts, naive.counts);
        const wanted = naive.list(query);
        const got: Shown[] = [];
        for await (const page of pages(world, query)) got.push(...page);
        assert.deepEqual(
          got.map(({ stream, seq, read, seen, archived }) => ({
            stream,
            seq,
            read,
            seen,
            archived,
          })),
          wanted.map(({ stream, seq, read, seen, archived }) => ({
            stream,
            seq,
            read,
            seen,
            archived,
          })),
        );
      }
      store.close();
    }),
    { numRuns: 150 },
  );
});

Deno.test("pages of an inbox go on where they ended: what stays comes once, in order, and nothing twice", async () => {
  await fc.assert(
    fc.asyncProperty(steps, steps, queries, async (before, between, { limit }) => {
      const world = await World.open();
      for (const step of before) await play(world, step);
      const query: InboxQuery = { status: "all", limit };
      const there = new Set(world.naive.entries);
      const got: Shown[] = [];
      const rest = between.values();
      for await (const page of pages(world, query)) {
        got.push(...page);
        const next = rest.next().value;
        if (next !== undefined) await play(world, next);
      }
      const names = got.map(({ stream, seq }) => `${stream} ${seq}`);
      assert.equal(new Set(names).size, names.length, "an item came twice");
      const times = got.map(({ publishedAt }) => publishedAt);
      assert.deepEqual(times, times.toSorted().reverse(), "not newest first");
      const stayed = world.naive.entries.filter((entry) => there.has(entry));
      for (const { stream, seq } of stayed) assert(names.includes(`${stream} ${seq}`));
      world.store.close();
    }),
    { numRuns: 150 },
  );
});

async function play(world: World, step: Step): Promise<void> {
  const { store, naive } = world;
  switch (step.kind) {
    case "publish":
      return await world.publish(step.stream, step.category);
    case "recall":
      return await world.recall(step.stream, step.pick);
    case "join":
      await world.run(store.topics.join("ada", step.stream, false));
      naive.topics.add(step.stream);
      return;
    case "leave":
      await world.run(store.topics.leave("ada", step.stream));
      return naive.leave(step.stream);
    case "mark": {
      const { op, items, upTo, stream } = step;
      const name = stream === OWN ? "user" : stream as TopicStream;
      if (!naive.follows(name)) return;
      const scope = items === undefined ? { upTo: upTo ?? 0 } : { items };
      const last = await world.lastOf(stream);
      await world.run(store.marks.mark(reader, { op, targets: [{ stream: name, scope }] }));
      return naive.mark(op, { stream: name, last, ...scope });
    }
    case "page":
      return;
  }
}

/** All pages of a query, one after the other. */
async function* pages(world: World, query: InboxQuery): AsyncGenerator<Shown[]> {
  const { topic } = query;
  if (topic !== undefined && !world.naive.topics.has(`topic:${topic}`)) return;
  let cursor: string | undefined;
  do {
    const at = cursor === undefined ? {} : { cursor };
    const page = await world.run(world.store.inbox.list(reader, { ...query, ...at }));
    assert(page.items.length <= query.limit);
    yield page.items.map((json) => JSON.parse(json));
    cursor = page.next;
  } while (cursor !== undefined);
}
