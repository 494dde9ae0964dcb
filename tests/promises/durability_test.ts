import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { type Published, Service } from "../drivers/service.ts";

const ROUNDS = Deno.env.get("CI") ? 200 : 20;
const AT_ONCE = 4;

/** Publishes until the process is gone, which is killed at the first 201. */
async function publishAndKill(service: Service, round: number): Promise<Published[]> {
  const acknowledged: Published[] = [];
  let killed: Promise<void> | undefined;
  await Promise.all(Array.from({ length: AT_ONCE }, async (_, i) => {
    const to = i % 2 === 0 ? { user: "ada" } : { users: ["ada", `of-round-${round}`] };
    try {
      acknowledged.push(await service.published({ to, title: `${round}.${i}` }));
    } catch (error) {
      // The connection broke before an answer: whether it was published nobody promised.
      if (!(error instanceof TypeError)) throw error;
    }
    killed ??= service.kill();
  }));
  await killed;
  return acknowledged;
}

Deno.test(`what was answered 201 survives kill -9, exactly once, ${ROUNDS} times over`, async () => {
  await using service = await Service.start({ env: { BELLWIRE_INBOX_MAX: "10000" } });
  const device = new Device(service, "ada");
  const acknowledged: Published[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await device.connect();
    acknowledged.push(...await publishAndKill(service, round));
    await device.ended;
    await service.restart();

    const inbox = await service.inbox("ada");
    const bySeq = new Map(inbox.map(({ seq, id }) => [seq, id]));
    for (const { id, deliveries } of acknowledged.slice(-2 * AT_ONCE)) {
      const { seq } = deliveries.find(({ stream }) => stream === "user:ada") ?? { seq: NaN };
      assert.equal(bySeq.get(seq), id, `round ${round}: ${id} is not where the answer said`);
    }
    // Publishes that were not acknowledged are there once or not at all.
    assert.equal(new Set(inbox.map(({ title }) => title)).size, inbox.length, "something is twice");
    assert.equal(inbox[0]?.seq, inbox.length, "there is a hole");
    const others = await service.inbox(`of-round-${round}`);
    const shared = acknowledged.filter(({ deliveries }) =>
      deliveries.some(({ stream }) => stream === `user:of-round-${round}`)
    );
    for (const { id } of shared) {
      assert.equal(others.filter((item) => item.id === id).length, 1);
    }
  }

  assert(acknowledged.length >= ROUNDS);
  const inbox = await service.inbox("ada");
  for (const { id } of acknowledged) {
    assert.equal(inbox.filter((item) => item.id === id).length, 1);
  }
  // Nothing that the device was shown has vanished, and it has missed nothing.
  await device.connect();
  await device.reaches(inbox.length);
  await device.equalsInbox();
  assert.deepEqual(device.notified.map(({ id }) => id), inbox.map(({ id }) => id).reverse());
  await device.close();
});
