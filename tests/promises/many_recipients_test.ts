import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { SeededRandom } from "../simulation/support/seeded_random.ts";
import { type Published, Service } from "../drivers/service.ts";

const USERS = Array.from({ length: 1_000 }, (_, i) => `user-${i}`);
const ROUNDS = Deno.env.get("CI") ? 25 : 8;
const SEED = 20_260_302;

/** Calls for all of them, a few at a time. */
async function forAll<T>(items: readonly T[], call: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(Array.from({ length: 16 }, async () => {
    for (const item of rest) await call(item);
  }));
}

function recipients({ deliveries }: Published): string[] {
  return deliveries.map(({ stream }) => stream.slice("user:".length));
}

Deno.test("a notification to 1,000 users reaches each of them once, here or later", async () => {
  await using service = await Service.start();
  await using here = await Device.connect(service, "user-0");
  await using alsoHere = await Device.connect(service, "user-999");
  const published = await service.published({ to: { users: USERS }, title: "All of you" });
  assert.deepEqual(recipients(published), USERS);
  assert(published.deliveries.every(({ seq }) => seq === 1));
  await Promise.all([here.reaches(1), alsoHere.reaches(1)]);
  await forAll(USERS, async (user) => {
    const items = await service.inbox(user);
    assert.deepEqual(items.map(({ id }) => id), [published.id]);
  });
});

Deno.test("notifications to overlapping crowds, published at once, are neither lost nor doubled", async () => {
  await using service = await Service.start();
  const random = new SeededRandom(SEED);
  const crowds = Array.from({ length: 20 }, () => {
    return USERS.slice(0, 200).filter(() => random.next() < 0.5);
  });
  const expected = new Map(USERS.slice(0, 200).map((user) => [user, [] as string[]]));
  await Promise.all(crowds.map(async (users) => {
    const { id, deliveries } = await service.published({ to: { users }, title: "Crowd" });
    assert.equal(deliveries.length, users.length);
    for (const { stream, seq } of deliveries) {
      const ids = expected.get(stream.slice("user:".length));
      assert(ids !== undefined && ids[seq - 1] === undefined);
      ids[seq - 1] = id;
    }
  }));
  await forAll([...expected], async ([user, ids]) => {
    assert.deepEqual((await service.inbox(user)).map(({ id }) => id).reverse(), ids);
  });
});

Deno.test(`killed in the midst of 1,000 users and repeated, each gets it once, ${ROUNDS} times over`, async () => {
  await using service = await Service.start();
  const random = new SeededRandom(SEED);
  let cut = 0;
  const ids: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const body = { to: { users: USERS }, title: `Round ${round}` };
    const headers = { "idempotency-key": `round-${round}` };
    // The answer may be cut too, after its head.
    const first = service.publish(body, headers)
      .then(async (answer) => await answer.text() !== "")
      .catch(() => false);
    // Some moment of the tens of milliseconds that it takes.
    await new Promise((resolve) => setTimeout(resolve, random.integer(0, 120)));
    await service.kill();
    if (!await first) cut++;
    await service.restart();
    const published = await service.published(body, headers);
    assert.deepEqual(recipients(published), USERS);
    assert.deepEqual(new Set(published.deliveries.map(({ seq }) => seq)), new Set([round + 1]));
    ids.unshift(published.id);
  }
  assert(cut > 0, "no publish was cut short");
  await forAll(USERS, async (user) => {
    assert.deepEqual((await service.inbox(user)).map(({ id }) => id), ids);
  });
});
