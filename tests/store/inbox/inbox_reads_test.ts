import assert from "node:assert/strict";
import { topicStream } from "../../../src/domain/stream_name.ts";
import { publicationTo, StoreWorld } from "../../simulation/support/store_world.ts";

const TOPICS = Array.from({ length: 30 }, (_, i) => topicStream(`t${i}`));
const ITEMS = 100;

Deno.test("a page of a rare category reads at most twice what it looks at, however many topics there are", async () => {
  const world = new StoreWorld();
  await using process = await world.open();
  const { topics, publisher, inbox } = process.store;
  await world.run(Promise.all(TOPICS.map((topic) => topics.join("ada", topic, true))));
  for (let i = 0; i < ITEMS; i++) {
    const all = TOPICS.map((topic) => publisher.publish(publicationTo([topic])));
    await world.run(Promise.all(all));
    await world.clock.advance(1);
  }
  let read = 0;
  const { kv } = world;
  const [list, getMany] = [kv.list.bind(kv), kv.getMany.bind(kv)];
  kv.list = async (range, options) => {
    const rows = await list(range, options);
    read += rows.filter(({ key }) => key[0] === "item").length;
    return rows;
  };
  kv.getMany = (keys) => {
    read += keys.filter(([kind]) => kind === "item").length;
    return getMany(keys);
  };
  const page = await world.run(
    inbox.list({ user: "ada", isInForce: () => true }, {
      status: "all",
      limit: 20,
      category: "rare",
    }),
  );
  assert.deepEqual(page.items, []);
  assert(page.next !== undefined, "there is more to look at");
  assert(read >= 1_000 && read < 2_200, `${read} rows`);
});

Deno.test("of large items a page of a rare category reads a megabyte or so, and pages go on to the end", async () => {
  const world = new StoreWorld();
  await using process = await world.open();
  const { publisher, inbox } = process.store;
  const large = "x".repeat(20_000);
  for (let i = 0; i < 200; i++) {
    const category = i === 3 ? "rare" : "general";
    const item = { json: JSON.stringify({ id: `${i}`, category, publishedAt: "2026", large }) };
    await world.run(publisher.publish({
      ...publicationTo(["user:ada"]),
      item: (id) => ({ ...item, id, bytes: new TextEncoder().encode(item.json) }),
    }));
  }
  let bytes = 0;
  const { kv } = world;
  const list = kv.list.bind(kv);
  kv.list = async (range, options) => {
    const rows = await list(range, options);
    for (const { value } of rows) bytes += value.length;
    return rows;
  };
  const found: string[] = [];
  let pages = 0;
  let cursor: string | undefined;
  do {
    bytes = 0;
    const page = await world.run(
      inbox.list({ user: "ada", isInForce: () => true }, {
        status: "all",
        limit: 20,
        category: "rare",
        ...(cursor === undefined ? {} : { cursor }),
      }),
    );
    assert(bytes < 1_600_000, `${bytes} bytes`);
    assert(page.read.bytes <= bytes && page.read.bytes > bytes / 2, "it says what was read");
    found.push(...page.items);
    cursor = page.next;
    pages++;
  } while (cursor !== undefined);
  assert.equal(found.length, 1);
  assert(pages > 3);
});
