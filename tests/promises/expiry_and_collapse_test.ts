import assert from "node:assert/strict";
import { eventually } from "../drivers/deadline.ts";
import { Device } from "../drivers/device.ts";
import { Service } from "../drivers/service.ts";

function changes(device: Device): string[] {
  return device.messages.filter(({ type }) => type === "change").map(({ op, items, live }) =>
    `${op} ${items} ${live ? "live" : "missed"}`
  );
}

async function publish(service: Service, user: string, fields: object = {}): Promise<number> {
  const { deliveries } = await service.published({ to: { user }, title: "Hello", ...fields });
  return deliveries[0]?.seq ?? NaN;
}

Deno.test("what has expired vanishes from every device and from the inbox", async () => {
  await using service = await Service.start();
  await using one = await Device.connect(service, "ada");
  await using two = await Device.connect(service, "ada");
  const seq = await publish(service, "ada", { ttl: 1 });
  await publish(service, "ada", { expiresAt: new Date(Date.now() + 6_000).toISOString() });
  const stays = await publish(service, "ada", { ttl: 3_600 });
  for (const device of [one, two]) {
    const { item } = await device.message((message) => message.seq === seq);
    assert.equal(Date.parse(item.expiresAt) - Date.parse(item.publishedAt), 1_000);
    await device.until(
      () => device.notified.length === 3 && device.items.length === 1,
      "two of three to expire",
    );
    assert(Date.now() >= Date.parse(item.expiresAt), "too early");
    assert.deepEqual(device.items.map((item) => item.seq), [stays]);
    assert.deepEqual(device.counts, { unread: 1, unseen: 1 });
    assert.deepEqual(changes(device).sort(), ["expire 1 live", "expire 2 live"]);
    await device.equalsInbox();
  }
});

Deno.test("what expires for many users expires for each of them", async () => {
  await using service = await Service.start();
  const users = Array.from({ length: 100 }, (_, i) => `user-${i}`);
  await using first = await Device.connect(service, "user-0");
  await using last = await Device.connect(service, "user-99");
  await service.published({ to: { users }, title: "Soon gone", ttl: 2 });
  await service.published({ to: { users }, title: "Stays" });
  for (const device of [first, last]) {
    await device.until(
      () => device.notified.length === 2 && device.items.length === 1,
      "one of two to expire",
    );
  }
  for (const user of users) {
    await eventually(async () => {
      const titles = (await service.inbox(user)).map(({ title }) => title);
      return titles.length === 1 && titles[0] === "Stays";
    }, `the expiry for ${user}`);
  }
});

Deno.test("what expired while the service was down is gone when it is back", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  const expiresAt = Date.now() + 10_000;
  await publish(service, "ada", { expiresAt: new Date(expiresAt).toISOString() });
  await publish(service, "ada");
  await device.reaches(2);
  await service.kill();
  await device.ended;
  await eventually(() => Date.now() > expiresAt, "its time");
  await service.restart();
  assert.deepEqual((await service.inbox("ada")).map(({ seq }) => seq), [2]);
  assert.deepEqual((await service.inboxPage("ada")).counts, { unread: 1, unseen: 1 });
  await device.connect();
  assert.deepEqual(changes(device), ["expire 1 missed"]);
  await device.equalsInbox();
  await using fresh = await Device.connect(service, "ada");
  assert.deepEqual(fresh.items.map(({ seq }) => seq), [2]);
});

Deno.test("what expired while a device was away is gone when it is back", async () => {
  await using service = await Service.start();
  await using witness = await Device.connect(service, "ada");
  await using device = await Device.connect(service, "ada");
  await publish(service, "ada", { ttl: 1 });
  await device.reaches(1);
  await device.drop();
  await publish(service, "ada", { ttl: 1 });
  await witness.until(() => witness.notified.length === 2 && witness.items.length === 0, "expiry");
  await device.connect();
  assert.deepEqual(device.items, []);
  // The second one it never saw, so it has nothing to be shown.
  assert.deepEqual(device.notified.map(({ seq }) => seq), [1]);
  assert.deepEqual(device.counts, { unread: 0, unseen: 0 });
});

Deno.test("a collapse key replaces the recipient's earlier item, on every device", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  const first = await publish(service, "ada", { title: "Build runs", collapseKey: "build" });
  await publish(service, "ada", { title: "Another key", collapseKey: "deploy" });
  await publish(service, "bob", { title: "Bob's build", collapseKey: "build" });
  const second = await publish(service, "ada", { title: "Build finished", collapseKey: "build" });
  await device.reaches(second);
  assert.deepEqual(changes(device), [`replace ${first} live`]);
  assert.deepEqual(device.items.map(({ title }) => title), ["Build finished", "Another key"]);
  assert.deepEqual(device.counts, { unread: 2, unseen: 2 });
  await device.equalsInbox();
  assert.equal((await service.inbox("bob")).length, 1);
});

Deno.test("a collapse key replaces across a restart, and for a device that was away", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  await publish(service, "ada", { title: "One", collapseKey: "k" });
  await device.reaches(1);
  await device.drop();
  await publish(service, "ada", { title: "Two", collapseKey: "k" });
  await service.kill();
  await service.restart();
  const last = await publish(service, "ada", { title: "Three", collapseKey: "k" });
  await device.connect();
  await device.reaches(last);
  assert.deepEqual(device.items.map(({ title }) => title), ["Three"]);
  // Of what it missed, only what is still there was shown.
  assert.equal(device.notified.length, 2);
  await device.equalsInbox();
});

Deno.test("many at once under one collapse key leave one item", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  const seqs = await Promise.all(
    Array.from({ length: 50 }, () => publish(service, "ada", { collapseKey: "k" })),
  );
  await device.reaches(Math.max(...seqs));
  assert.deepEqual(device.items.map(({ seq }) => seq), [Math.max(...seqs)]);
  assert.deepEqual(device.counts, { unread: 1, unseen: 1 });
  assert.equal(device.notified.length, 50);
  await device.equalsInbox();
});

Deno.test("an expired item frees its collapse key, and its expiry spares the successor", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  await publish(service, "ada", { title: "Short", collapseKey: "k", ttl: 1 });
  await device.until(() => device.notified.length === 1 && device.items.length === 0, "expiry");
  await publish(service, "ada", { title: "Next", collapseKey: "k", ttl: 2 });
  const last = await publish(service, "ada", { title: "Stays", collapseKey: "k" });
  await device.reaches(last);
  // The due row of the one that was replaced comes to nothing.
  await using witness = await Device.connect(service, "bob");
  await publish(service, "bob", { ttl: 3 });
  await witness.until(() => witness.notified.length === 1 && witness.items.length === 0, "expiry");
  assert.deepEqual(device.items.map(({ title }) => title), ["Stays"]);
  assert.deepEqual(changes(device), ["expire 1 live", "replace 3 live"]);
  await device.equalsInbox();
});
