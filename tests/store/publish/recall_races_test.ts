import assert from "node:assert/strict";
import fc from "fast-check";
import { SeededRandom } from "../../simulation/support/seeded_random.ts";
import {
  isPublishing,
  publicationTo,
  type StoreProcess,
  StoreWorld,
  usersStreams,
} from "../../simulation/support/store_world.ts";

/** How a recall meets what else happens to a notification. */
interface Race {
  readonly seed: number;
  readonly users: number;
  /** Whether the call has an idempotency key, and is repeated in the end. */
  readonly keyed: boolean;
  /** Milliseconds from the call on; undefined: at once. */
  readonly sendAfter: number | undefined;
  readonly expiresAfter: number | undefined;
  readonly recallAfter: number;
  /** At which of its commits the publishing process dies. */
  readonly diesAt: number | undefined;
}

const race: fc.Arbitrary<Race> = fc.record({
  seed: fc.nat(),
  users: fc.constantFrom(1, 8, 9, 30),
  keyed: fc.boolean(),
  sendAfter: fc.option(fc.integer({ min: 500, max: 3_000 }), { nil: undefined }),
  expiresAfter: fc.option(fc.integer({ min: 500, max: 6_000 }), { nil: undefined }),
  recallAfter: fc.oneof(fc.nat(200), fc.nat(5_000)),
  diesAt: fc.option(fc.nat(6), { nil: undefined }),
});

Deno.test("once a recall is answered nobody has it, whatever it raced with, and nobody ever will", async () => {
  const met = new Set<string>();
  await fc.assert(fc.asyncProperty(race, async (race) => void met.add(await play(race))), {
    numRuns: 300,
  });
  // Else the races have become too tame to prove anything.
  assert.deepEqual([...met].sort(), ["expired", "scheduled", "sending", "sent"]);
});

/** Resolves with the state in which the recall found it. */
async function play(race: Race): Promise<string> {
  const world = new StoreWorld();
  const random = new SeededRandom(race.seed);
  const { clock } = world;
  const now = clock.now();
  const death = race.diesAt === undefined
    ? undefined
    : { after: race.diesAt, applied: random.next() < 0.5, counts: isPublishing };
  await using first = await world.open({ random, ...(death === undefined ? {} : { death }) });
  await using second = await world.open({ random });
  await using third = await world.open({ random });
  const sendAt = race.sendAfter === undefined ? undefined : now + race.sendAfter;
  const expiresAt = race.expiresAfter === undefined
    ? undefined
    : (sendAt ?? now) + race.expiresAfter;
  const streams = usersStreams(race.users);
  const request = {
    ...publicationTo(streams, {
      ...(sendAt === undefined ? {} : { sendAt }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    }),
    ...(race.keyed ? { idempotency: { publisher: "ci", key: "k", bodyHash: "h" } } : {}),
  };
  const publishing = first.store.publisher.publish(request).catch(() => {});
  await clock.advance(race.recallAfter);
  const id = await idOf(world, [first, third], request);
  const status = await world.run(third.store.notifications.status(id, { limit: 100 }));
  assert.equal(await world.run(third.store.notifications.recall(id)), true);
  const nobodyHasIt = async () => {
    for (const stream of streams) assert.deepEqual(await world.items(stream), []);
  };
  await nobodyHasIt();
  if (!first.kv.isDead) await world.runOrDie(first, publishing);
  if (race.keyed) await world.run(second.store.publisher.publish(request));
  await nobodyHasIt();
  await clock.advance(20_000);
  await nobodyHasIt();
  const rows = await world.leftovers("due", "scheduled") as unknown[][];
  assert.deepEqual(rows.filter((key) => key.includes(id)), []);
  return status?.state ?? "unknown";
}

/** The id under which it is stored, once it is; where it never is, that of another try. */
async function idOf(
  world: StoreWorld,
  [first, other]: readonly [StoreProcess, StoreProcess],
  request: Parameters<StoreProcess["store"]["publisher"]["publish"]>[0],
): Promise<string> {
  for (let waited = 0;;) {
    const [row] = await world.leftovers("publish") as string[][];
    if (row !== undefined) return String(row[1]);
    if (!first.kv.isDead) await world.clock.advance(1);
    // Its last commit may still be on its way.
    else if (waited++ === 0) await world.clock.advance(5_000);
    else await world.run(other.store.publisher.publish(request).catch(() => {}));
  }
}
