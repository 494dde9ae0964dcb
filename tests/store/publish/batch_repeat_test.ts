import assert from "node:assert/strict";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import { keys } from "../../../src/store/keys.ts";
import type { BatchPublished, BatchResult } from "../../../src/store/publish/publication.ts";
import { publicationTo, StoreWorld, usersStreams } from "../../simulation/support/store_world.ts";
import { hasCode } from "../../../src/errors.ts";

const IDEMPOTENCY = { publisher: "ci", key: "k", bodyHash: "h" };
const BROKEN: StreamName = "user:broken";

function idsOf({ results }: BatchPublished): (string | undefined)[] {
  return results.map((result) => "published" in result ? result.published.id : undefined);
}

Deno.test("an entry that fails holds up no other, and a repeat publishes it and nothing else", async () => {
  const world = new StoreWorld();
  const head = keys.head(BROKEN);
  const damage = { kind: "set", key: head, value: Uint8Array.of(99) } as const;
  await world.kv.commit({ checks: [], mutations: [damage] });
  await using process = await world.open();
  const refused = new Error("too late");
  const entries = [
    publicationTo(["user:ada"]),
    publicationTo([BROKEN]),
    {
      ...publicationTo(["user:ada"]),
      item() {
        throw refused;
      },
    },
    publicationTo(usersStreams(20)),
    publicationTo([...usersStreams(20), BROKEN]),
    publicationTo(["user:ada"]),
  ];
  const publishAll = () =>
    world.run(process.store.publisher.publishAll({ entries, idempotency: IDEMPOTENCY }));
  const kinds = ({ results }: BatchPublished) => results.map((result) => Object.keys(result)[0]);

  const first = await publishAll();
  assert.deepEqual(kinds(first), [
    "published",
    "failed",
    "refused",
    "published",
    "failed",
    "published",
  ]);
  await world.kv.commit({ checks: [], mutations: [{ kind: "delete", key: head }] });
  const second = await publishAll();
  assert.deepEqual(kinds(second), [
    "published",
    "published",
    "refused",
    "published",
    "published",
    "published",
  ]);
  assert.equal((second.results[2] as BatchResult & { refused: unknown }).refused, refused);
  assert.equal(second.replayed, false);
  const [one, lost, , many, all, last] = idsOf(second);
  assert.deepEqual(await world.items("user:ada"), [one, last]);
  assert.deepEqual(await world.items(BROKEN), [lost, all]);
  for (const stream of usersStreams(20)) assert.deepEqual(await world.items(stream), [many, all]);
  idsOf(first).forEach((id, i) => assert(id === undefined || id === idsOf(second)[i]));

  const third = await publishAll();
  assert.equal(third.replayed, true);
  assert.deepEqual(idsOf(third), idsOf(second));
  assert.deepEqual(await world.items("user:ada"), [one, last]);
});

Deno.test("where the journal has no room, what comes later in a batch does not go ahead", async () => {
  const world = new StoreWorld();
  await using process = await world.open();
  const { journal, publisher } = process.store;
  const entries = [
    publicationTo(["user:ada"]),
    publicationTo(usersStreams(40)),
    publicationTo(["user:ada"]),
    publicationTo(usersStreams(40)),
  ];
  let batch: BatchPublished;
  {
    // All room is promised to others, but for the entry that was there before.
    using _room = journal.reserve({ entries: 4_095, bytes: 0, mutations: 0 });
    batch = await world.run(publisher.publishAll({ entries, idempotency: IDEMPOTENCY }));
  }
  const [first, ...rest] = batch.results;
  assert(first !== undefined && "published" in first);
  for (const result of rest) assert("failed" in result && hasCode(result.failed, "overloaded"));
  for (const stream of usersStreams(40)) assert.deepEqual(await world.items(stream), []);
  const repeat = await world.run(publisher.publishAll({ entries, idempotency: IDEMPOTENCY }));
  const [one, many, two, again] = idsOf(repeat);
  assert.deepEqual(await world.items("user:ada"), [one, two]);
  for (const stream of usersStreams(40)) assert.deepEqual(await world.items(stream), [many, again]);
});
