import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import type { ServerMessage } from "../drivers/raw_socket.ts";
import { Service } from "../drivers/service.ts";

async function publishMany(service: Service, user: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const { id } = await service.published({ to: { user }, title: `Number ${i}` });
    ids.push(id);
  }
  return ids;
}

/** What a connection was sent, without what has no place in its stream. */
function story(device: Device): string[] {
  return device.messages
    .filter(({ type, stream }) => type !== "ping" && stream !== "topic:everyone")
    .map(tell);
}

function tell({ type, seq, live, op, reason }: ServerMessage): string {
  switch (type) {
    case "notification":
      return `${live ? "live" : "missed"} ${seq}`;
    case "change":
      return `${live ? "live" : "missed"} ${op} ${seq}`;
    case "reset":
      return `reset ${reason}`;
    case "caughtUp":
      return `caughtUp ${seq}`;
    default:
      return type;
  }
}

Deno.test("a device that comes back gets exactly what it missed, in order and marked as missed", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  await publishMany(service, "ada", 3);
  await device.reaches(3);
  await device.drop();
  const missed = await publishMany(service, "ada", 5);
  await device.connect();
  await publishMany(service, "ada", 1);
  await device.reaches(9);

  assert.deepEqual(story(device), [
    "welcome",
    "missed 4",
    "missed 5",
    "missed 6",
    "missed 7",
    "missed 8",
    "caughtUp 8",
    "live 9",
  ]);
  assert.deepEqual(device.notified.slice(3, 8).map(({ id }) => id), missed);
  assert.deepEqual(device.counts, { unread: 9, unseen: 9 });
  await device.equalsInbox();
});

Deno.test("a device that missed nothing is told so", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  await publishMany(service, "ada", 2);
  await device.reaches(2);
  await device.close();
  await device.connect();
  assert.deepEqual(story(device), ["welcome", "caughtUp 2"]);
  await service.kill();
  await service.restart();
  await device.connect();
  assert.deepEqual(story(device), ["welcome", "caughtUp 2"]);
});

Deno.test("a new device starts from a reset with the newest items first, at most 50", async () => {
  await using service = await Service.start();
  await using fresh = await Device.connect(service, "ada");
  assert.deepEqual(story(fresh), ["welcome", "reset new"]);
  assert.deepEqual(fresh.items, []);

  await publishMany(service, "ada", 60);
  await using device = await Device.connect(service, "ada");
  const reset = await device.message("reset");
  assert.equal(reset.reason, "new");
  assert.equal(reset.seq, 60);
  assert.deepEqual(reset.counts, { unread: 60, unseen: 60 });
  assert.deepEqual(
    device.items.map(({ seq }) => seq),
    Array.from({ length: 50 }, (_, i) => 60 - i),
  );
  const inbox = await service.inbox("ada");
  assert.deepEqual(device.items, inbox.slice(0, 50).map(({ stream: _, ...item }) => item));
});

Deno.test("a cursor of another epoch, or beyond the end, starts over with reason epoch", async () => {
  await using service = await Service.start();
  await publishMany(service, "ada", 3);
  await using device = await Device.connect(service, "ada");
  const { epoch } = device.cursor ?? assert.fail();
  const wrong = [
    { epoch: `${epoch}x`, seq: 3 },
    { epoch: "", seq: 0 },
    { epoch: "another", seq: 2 },
    { epoch, seq: 4 },
    { epoch, seq: Number.MAX_SAFE_INTEGER },
  ];
  for (const resume of wrong) {
    await using other = new Device(service, "ada");
    await other.open({ resume });
    await other.reaches(3);
    assert.deepEqual(story(other), ["welcome", "reset epoch"], JSON.stringify(resume));
    await other.equalsInbox();
  }
});

Deno.test("each user's stream has an epoch of its own, which survives a restart", async () => {
  await using service = await Service.start();
  const epochOf = async (user: string) => {
    await using device = await Device.connect(service, user);
    return device.cursor?.epoch;
  };
  const ada = await epochOf("ada");
  assert.notEqual(await epochOf("bob"), ada);
  await service.kill();
  await service.restart();
  assert.equal(await epochOf("ada"), ada);
});

Deno.test("where the changes since a cursor are gone, the device starts over with reason trimmed", async () => {
  await using service = await Service.start({ env: { BELLWIRE_EVENTS_MAX: "5" } });
  const update = (i: number) =>
    service.published({ to: { user: "ada" }, title: `State ${i}`, collapseKey: "state" });
  await update(0);
  await using near = await Device.connect(service, "ada");
  await using far = await Device.connect(service, "ada");
  await far.drop();
  for (let i = 1; i <= 8; i++) {
    // Each replaces the one before: a change and an item.
    if (i === 6) await near.drop();
    const { deliveries } = await update(i);
    if (i < 6) await near.reaches(deliveries[0]?.seq ?? NaN);
  }
  await Promise.all([near.connect(), far.connect()]);
  assert.deepEqual(story(far), ["welcome", "reset trimmed"]);
  assert.equal(story(near).at(-1), "caughtUp 17");
  for (const device of [near, far]) {
    assert.deepEqual(device.items.map(({ title }) => title), ["State 8"]);
    await device.equalsInbox();
  }
});

Deno.test("the oldest items make room for new ones, on every device and for those that were away", async () => {
  await using service = await Service.start({ env: { BELLWIRE_INBOX_MAX: "5" } });
  await using here = await Device.connect(service, "ada");
  await using away = await Device.connect(service, "ada");
  await publishMany(service, "ada", 4);
  await away.reaches(4);
  await away.drop();
  await publishMany(service, "ada", 4);
  await here.reaches(8);
  const oldest = here.messages.map(({ oldest }) => oldest).filter((seq) => seq !== undefined);
  assert.deepEqual(oldest, [2, 3, 4]);
  await away.connect();
  assert.equal((await away.message("welcome")).streams.user.oldest, 4);
  assert.deepEqual(story(away).slice(1), [
    "missed 5",
    "missed 6",
    "missed 7",
    "missed 8",
    "caughtUp 8",
  ]);

  // Of what it missed, some is gone already.
  await away.drop();
  await publishMany(service, "ada", 9);
  await away.connect();
  await here.reaches(17);
  assert.deepEqual(story(away).slice(1), [
    "missed 13",
    "missed 14",
    "missed 15",
    "missed 16",
    "missed 17",
    "caughtUp 17",
  ]);
  for (const device of [here, away]) {
    assert.deepEqual(device.items.map(({ seq }) => seq), [17, 16, 15, 14, 13]);
    assert.deepEqual(device.counts, { unread: 5, unseen: 5 });
    await device.equalsInbox();
  }
});

Deno.test("a device may come back at any moment while publishing goes on at full speed", async () => {
  await using service = await Service.start({ env: { BELLWIRE_INBOX_MAX: "10000" } });
  await using device = await Device.connect(service, "ada");
  let over = false;
  let last = 0;
  const publishers = Array.from({ length: 16 }, async () => {
    while (!over) {
      const { deliveries } = await service.published({ to: { user: "ada" }, title: "Hello" });
      last = Math.max(last, deliveries[0]?.seq ?? 0);
    }
  });
  try {
    for (let i = 0; i < 30; i++) {
      await device.drop();
      const behind = last + 5;
      await device.connect();
      await device.until(() => (device.cursor?.seq ?? 0) > behind, "more events");
    }
  } finally {
    over = true;
    await Promise.all(publishers);
  }
  await device.reaches(last);
  const seqs = device.notified.map(({ seq }) => seq);
  assert.deepEqual(seqs, Array.from({ length: last }, (_, i) => i + 1));
  assert(device.notified.some(({ live }) => live) && device.notified.some(({ live }) => !live));
  await device.equalsInbox();
});

Deno.test("large items come in frames below 256 KiB, missed and in a reset", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  await device.drop();
  const pad = "ä".repeat(8_000);
  for (let i = 0; i < 60; i++) {
    await service.published({ to: { user: "ada" }, title: `Number ${i}`, data: { pad } });
  }
  await device.connect();
  assert.equal(device.notified.length, 60);
  await device.equalsInbox();

  await using fresh = await Device.connect(service, "ada");
  assert(fresh.items.length >= 10 && fresh.items.length < 60, `${fresh.items.length} items`);
  const inbox = await service.inbox("ada");
  assert.deepEqual(
    fresh.items.map(({ id }) => id),
    inbox.slice(0, fresh.items.length).map(({ id }) => id),
  );
});
