// alone: it is about how much a connection takes before it stalls.
import assert from "node:assert/strict";
import { EventStream } from "../../drivers/event_stream.ts";
import { Service } from "../../drivers/service.ts";

const MIB = 1024 * 1024;
const COUNT = 25;

/** Publishes so many bytes, in items of 16 KiB; gives the last number. */
async function publishBytes(service: Service, bytes: number): Promise<number> {
  const data = "x".repeat(16_000);
  let last = 0;
  for (let left = bytes; left > 0; left -= data.length) {
    const { deliveries } = await service.published({ to: { user: "ada" }, title: "Large", data });
    last = deliveries[0]?.seq ?? 0;
  }
  return last;
}

Deno.test("readers that stall hold up nobody and take no memory, and get everything once they read again", async () => {
  await using service = await Service.start({
    env: {
      BELLWIRE_MAX_CONNECTIONS_PER_USER: "100",
      // All devices here are one user's.
      BELLWIRE_USER_WORK_PER_MINUTE: "0",
      BELLWIRE_INBOX_MAX: "10000",
      BELLWIRE_HEARTBEAT_MS: "1000",
    },
  });
  await using cleanUp = new AsyncDisposableStack();
  const stalled = await Promise.all(Array.from({ length: COUNT }, async () => {
    const stream = cleanUp.use(await EventStream.open(service));
    await stream.until(() => stream.model.isLive, "to be up to date");
    stream.pause();
    return stream;
  }));
  await using reader = await EventStream.open(service);
  const parked = () => service.metric("bellwire_parked_connections");
  for (let published = 0; await parked() < COUNT; published += MIB / 2) {
    assert(published < 32 * MIB, `${await parked()} streams are parked`);
    await publishBytes(service, MIB / 2);
  }
  const before = await service.metric("bellwire_resident_memory_bytes");
  // Kept for each of them, this would be 250 MiB.
  const last = await publishBytes(service, 10 * MIB);
  await reader.reaches(last);
  const grown = await service.metric("bellwire_resident_memory_bytes") - before;
  assert(grown < 120 * MIB, `grown by ${Math.round(grown / MIB)} MiB`);
  assert.equal(await parked(), COUNT);

  const [first, ...rest] = stalled as [EventStream, ...EventStream[]];
  await Promise.all(rest.map((stream) => stream.drop()));
  await service.connections(2);
  assert.equal(await parked(), 1);
  first.resume();
  await first.reaches(last, 60_000);
  assert.deepEqual(
    first.model.notified.map(({ seq }) => seq),
    Array.from({ length: last }, (_, i) => i + 1),
  );
  assert(first.model.notified.some(({ live }) => !live));
  const { deliveries } = await service.published({ to: { user: "ada" }, title: "Live again" });
  await first.reaches(deliveries[0]?.seq ?? NaN);
  assert.equal(first.model.notified.at(-1)?.live, true);
  await Promise.all([first, reader].map((stream) => stream.drop()));
  await service.connections(0);
});

Deno.test("a service stops though readers have stalled, and they miss nothing", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_INBOX_MAX: "10000", BELLWIRE_DRAIN_SECONDS: "3" },
  });
  await using stalled = await EventStream.open(service);
  await stalled.until(() => stalled.model.isLive, "to be up to date");
  stalled.pause();
  for (let published = 0; await service.metric("bellwire_parked_connections") < 1; published++) {
    assert(published < 64);
    await publishBytes(service, MIB / 2);
  }
  const last = await publishBytes(service, MIB);
  service.signal("SIGTERM");
  await service.gone(60_000);
  stalled.resume();
  await stalled.ended;
  await service.restart();
  await using again = await EventStream.open(service, {
    model: stalled.model,
    lastEventId: stalled.lastId,
  });
  await again.reaches(last, 60_000);
  assert.deepEqual(
    again.model.notified.map(({ seq }) => seq),
    Array.from({ length: last }, (_, i) => i + 1),
  );
});
