import assert from "node:assert/strict";
import { SeededRandom } from "../../simulation/support/seeded_random.ts";
import { publicationTo, StoreWorld } from "../../simulation/support/store_world.ts";

const ADA = "user:ada";

Deno.test("what is published while its recipient is erased is there whole, or not at all", async () => {
  let survived = 0;
  for (let seed = 0; seed < 8; seed++) {
    const world = new StoreWorld();
    await using process = await world.open({ random: new SeededRandom(seed) });
    const { publisher, erase } = process.store;
    const publishing = [publisher.publish(publicationTo([ADA]))];
    const erasing = { isOver: false };
    const erased = erase.user("ada").then(() => erasing.isOver = true);
    // Faster than commits are, so that some always wait for the same commit.
    while (!erasing.isOver) {
      publishing.push(publisher.publish(publicationTo([ADA])));
      await world.clock.advance(publishing.length < 300 ? 1 : 10);
    }
    await world.run(erased);
    await world.run(Promise.all(publishing));
    // Throws where a live item has no row.
    const items = await world.items(ADA);
    survived += items.length;
    const { counts } = await world.run(
      process.store.inbox.list({ user: "ada", isInForce: () => true }, {
        status: "all",
        limit: 100,
      }),
    );
    assert.equal(counts.unread, items.length);
  }
  assert(survived > 0, "nothing came late enough to prove anything");
});
