import assert from "node:assert/strict";
import { topicStream } from "../../src/domain/stream_name.ts";
import { publicationTo, StoreWorld } from "../support/store_world.ts";

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
