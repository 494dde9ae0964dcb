import assert from "node:assert/strict";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import type { Publisher } from "../../../src/store/publish/publisher.ts";
import {
  isPublishing,
  publicationTo,
  StoreWorld,
  usersStreams,
} from "../../simulation/support/store_world.ts";

const MANY = usersStreams(1_000);
/** So many of a thousand users' chunks lie between two at which a call dies. */
const STEP = Deno.env.get("CI") ? 1 : 8;
const SOME = usersStreams(40);
const IDEMPOTENCY = { publisher: "ci", key: "k", bodyHash: "h" };

/**
 * Has a call die at a commit, before or after it is applied, and another process do the same call again.
 * Resolves with whether it died; where it did not, it has fewer commits than that.
 */
async function killed(
  at: { after: number; applied: boolean },
  { call, check }: {
    call: (publisher: Publisher) => Promise<unknown>;
    check: (world: StoreWorld) => Promise<void>;
  },
): Promise<boolean> {
  const world = new StoreWorld();
  await using first = await world.open({ death: { ...at, counts: isPublishing } });
  await world.runOrDie(first, call(first.store.publisher));
  const died = first.kv.isDead;
  await using second = await world.open();
  await world.run(call(second.store.publisher));
  await check(world);
  return died;
}

/** Every commit that a call makes, twice: as the last that is not applied, and the last that is. */
async function atEveryCommit(
  run: (at: { after: number; applied: boolean }) => Promise<boolean>,
): Promise<number> {
  for (let after = 0;; after++) {
    const notApplied = await run({ after, applied: false });
    const applied = await run({ after, applied: true });
    assert.equal(applied, notApplied);
    if (!applied) return after;
  }
}

Deno.test("a call to many users that is killed at any commit, and repeated, reaches each once", async () => {
  const publication = publicationTo(SOME);
  const commits = await atEveryCommit((at) =>
    killed(at, {
      call: (publisher) => publisher.publish({ ...publication, idempotency: IDEMPOTENCY }),
      check: (world) => eachHasOne(world, SOME),
    })
  );
  assert.equal(commits, SOME.length / 8);
});

Deno.test("of a thousand users each is reached once, whichever of the chunks it dies at", async () => {
  for (let after = 0; after < MANY.length / 8; after += STEP) {
    const publication = publicationTo(MANY);
    const died = await killed({ after, applied: after / STEP % 2 === 0 }, {
      call: (publisher) => publisher.publish({ ...publication, idempotency: IDEMPOTENCY }),
      check: (world) => eachHasOne(world, MANY),
    });
    assert(died);
  }
});

Deno.test("a batch that is killed at any commit, and repeated, publishes each entry once", async () => {
  const shared: StreamName = "user:u0";
  const entries = [
    publicationTo([shared]),
    publicationTo(SOME),
    publicationTo([shared, "topic:news"]),
    publicationTo(SOME.toReversed()),
    publicationTo(["topic:everyone"]),
  ];
  const commits = await atEveryCommit((at) => {
    let results: readonly unknown[] = [];
    return killed(at, {
      call: async (publisher) => {
        results = (await publisher.publishAll({ entries, idempotency: IDEMPOTENCY })).results;
      },
      check: async (world) => {
        const ids = results.map((result) => (result as { published: { id: string } }).published.id);
        assert.equal(new Set(ids).size, entries.length);
        const [one, all, two, again, everyone] = ids;
        assert.deepEqual(await world.items(shared), [one, all, two, again]);
        assert.deepEqual(await world.items("topic:news"), [two]);
        assert.deepEqual(await world.items("topic:everyone"), [everyone]);
        for (const stream of SOME.slice(1)) {
          assert.deepEqual(await world.items(stream), [all, again]);
        }
      },
    });
  });
  assert(commits > 12, String(commits));
});

async function eachHasOne(world: StoreWorld, streams: readonly StreamName[]): Promise<void> {
  const [id, ...more] = await world.items(streams[0] as StreamName);
  assert(id !== undefined && more.length === 0);
  for (const stream of streams) assert.deepEqual(await world.items(stream), [id]);
}
