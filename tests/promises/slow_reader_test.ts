// alone: it is about how much a connection takes before it stalls, and how fast.
import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { Service } from "../drivers/service.ts";

const MIB = 1024 * 1024;
const ENV = {
  BELLWIRE_MAX_CONNECTIONS_PER_USER: "100",
  // All devices here are one user's.
  BELLWIRE_USER_WORK_PER_MINUTE: "0",
  BELLWIRE_INBOX_MAX: "10000",
  BELLWIRE_HEARTBEAT_MS: "1000",
  // On a busy machine it takes a while until a device that does not read is parked.
  BELLWIRE_PONG_TIMEOUT_MS: "60000",
};

/** Publishes so many bytes to this user, in items of 16 KiB; gives the last number. */
async function publishBytes(service: Service, user: string, bytes: number): Promise<number> {
  const data = "x".repeat(16_000);
  let last = 0;
  for (let left = bytes; left > 0; left -= data.length) {
    const { deliveries } = await service.published({ to: { user }, title: "Large", data });
    last = deliveries[0]?.seq ?? 0;
  }
  return last;
}

/** Publishes until so many devices are parked. */
async function publishUntilParked(service: Service, user: string, count: number): Promise<number> {
  let parked = 0;
  // The buffers of both systems take some megabytes for each connection.
  for (let published = 0; published < 32 * MIB; published += MIB / 2) {
    const last = await publishBytes(service, user, MIB / 2);
    parked = await service.metric("bellwire_parked_connections");
    if (parked === count) return last;
  }
  throw new Error(`${parked} devices are parked instead of ${count}`);
}

Deno.test("a device that stops reading holds up nobody, and gets everything once it reads again", async () => {
  await using service = await Service.start({ env: ENV });
  await using cleanUp = new AsyncDisposableStack();
  const others = await Promise.all(
    Array.from({ length: 50 }, async () => cleanUp.use(await Device.connect(service, "ada"))),
  );
  await using stalled = await Device.connect(service, "ada");
  stalled.pause();
  const parkedAt = await publishUntilParked(service, "ada", 1);
  const last = await publishBytes(service, "ada", MIB);
  // The others have it all, one after the other, while the stalled one still stands.
  for (const device of others) {
    await device.reaches(last);
    assert.equal(device.notified.length, last);
  }
  assert.equal(await service.metric("bellwire_parked_connections"), 1);
  assert((stalled.cursor?.seq ?? 0) < parkedAt);

  stalled.resume();
  await stalled.reaches(last, 60_000);
  const seqs = stalled.notified.map(({ seq }) => seq);
  assert.deepEqual(seqs, Array.from({ length: last }, (_, i) => i + 1));
  assert(stalled.notified.some(({ live }) => !live));
  const after = await publishBytes(service, "ada", 1);
  await stalled.reaches(after);
  assert.equal(stalled.notified.at(-1)?.live, true, "it did not become live again");
  assert.equal(await service.metric("bellwire_parked_connections"), 0);
  await Promise.all([stalled, ...others].map((device) => device.close()));
  await service.connections(0);
});

Deno.test("what stalled devices have not read is not kept in memory for them", async () => {
  await using service = await Service.start({ env: ENV });
  await using cleanUp = new AsyncDisposableStack();
  const stalled = await Promise.all(Array.from({ length: 40 }, async () => {
    const device = cleanUp.use(await Device.connect(service, "ada"));
    device.pause();
    return device;
  }));
  await publishUntilParked(service, "ada", stalled.length);
  const before = await service.metric("bellwire_resident_memory_bytes");
  // Kept for each of them, this would be 600 MiB.
  const last = await publishBytes(service, "ada", 15 * MIB);
  const grown = await service.metric("bellwire_resident_memory_bytes") - before;
  assert(grown < 150 * MIB, `grown by ${Math.round(grown / MIB)} MiB`);
  assert.equal(await service.metric("bellwire_parked_connections"), stalled.length);

  const [first, ...rest] = stalled;
  await Promise.all(rest.map((device) => device.drop()));
  await service.connections(1);
  first?.resume();
  await first?.reaches(last, 60_000);
  await first?.equalsInbox();
});
