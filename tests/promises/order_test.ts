import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { SeededRandom } from "../simulation/support/seeded_random.ts";
import { Service } from "../drivers/service.ts";

const PUBLISHERS = 20;
const EACH = 100;
const USERS = ["ada", "bob", "eve"];
const DEVICES_EACH = 3;
const SEED = 20_260_301;

type Fate = "drop" | "close" | "stall" | "early";

/** What a publisher of its own does: one after the other, to one user or to all of them. */
async function publishAll(service: Service, random: SeededRandom): Promise<Map<string, string[]>> {
  const acknowledged = new Map(USERS.map((user) => [user, [] as string[]]));
  const note = ({ id, deliveries }: Awaited<ReturnType<Service["published"]>>) => {
    for (const { stream, seq } of deliveries) {
      const ids = acknowledged.get(stream.slice("user:".length));
      assert(ids !== undefined);
      assert.equal(ids[seq], undefined, `${stream} ${seq} was given twice`);
      ids[seq] = id;
    }
  };
  await Promise.all(Array.from({ length: PUBLISHERS }, async (_, publisher) => {
    for (let i = 0; i < EACH; i++) {
      const user = USERS[random.integer(0, USERS.length - 1)];
      const to = random.next() < 0.3 ? { users: USERS } : { user };
      note(await service.published({ to, title: `${publisher}.${i}` }));
    }
  }));
  return acknowledged;
}

/** Loses and makes connections until it is told to stop; gives how often. */
async function roam(device: Device, random: SeededRandom, isOver: () => boolean): Promise<number> {
  let connections = 0;
  while (!isOver()) {
    const enough = device.notified.length + random.integer(1, 60);
    await device.until(() => device.notified.length >= enough || isOver(), "the next events");
    switch (random.weighted<Fate>({ drop: 4, close: 2, stall: 2, early: 2 }, "drop")) {
      case "drop":
        await device.drop();
        break;
      case "close":
        await device.close();
        break;
      case "stall":
        device.pause();
        await new Promise((resolve) => setTimeout(resolve, random.integer(0, 40)));
        device.resume();
        continue;
      case "early":
        // Lost again before it is up to date.
        await device.drop();
        await device.open();
        await device.drop();
    }
    await device.connect();
    connections++;
  }
  return connections;
}

Deno.test(`${PUBLISHERS} publishers and devices that come and go: all get the same, in order`, async (t) => {
  const random = new SeededRandom(SEED);
  await using service = await Service.start({
    env: { BELLWIRE_INBOX_MAX: "10000", BELLWIRE_EVENTS_MAX: "10000" },
  });
  await using cleanUp = new AsyncDisposableStack();
  const devices = await Promise.all(
    USERS.flatMap((user) => Array.from({ length: DEVICES_EACH }, () => user)).map(async (user) =>
      cleanUp.use(await Device.connect(service, user))
    ),
  );

  let over = false;
  const roaming = devices.map((device) => roam(device, random, () => over));
  const publishing = publishAll(service, random).finally(() => over = true);
  await Promise.race([publishing, Promise.all(roaming)]);
  const acknowledged = await publishing;
  // One more for each, so that a device that waits for the next event sees that it is over.
  for (const user of USERS) {
    const { id, deliveries: [delivery] } = await service.published({
      to: { user },
      title: "the last one",
    });
    const ids = acknowledged.get(user) as string[];
    ids[delivery?.seq ?? 0] = id;
  }
  const connections = await Promise.all(roaming);
  assert(
    connections.every((count) => count > 2),
    `too few connections to mean much: ${connections}`,
  );

  for (const user of USERS) {
    await t.step(`everybody agrees on what ${user} got`, async () => {
      const ids = (acknowledged.get(user) as string[]).slice(1);
      assert(ids.length >= EACH && !ids.includes(undefined as unknown as string), "a hole");
      const inbox = await service.inbox(user);
      assert.deepEqual(inbox.map(({ id }) => id).reverse(), ids);
      for (const device of devices.filter((device) => device.user === user)) {
        await device.reaches(ids.length);
        assert.deepEqual(device.notified.map(({ id }) => id), ids);
        await device.equalsInbox();
      }
    });
  }
  await Promise.all(devices.map((device) => device.close()));
  await service.connections(0);
});
