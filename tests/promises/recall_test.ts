import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { recall, statusOf } from "../drivers/publisher_calls.ts";
import { Service } from "../drivers/service.ts";

Deno.test("a recall takes a notification from every device, and from those that come later", async () => {
  await using service = await Service.start();
  await using here = await Device.connect(service, "ada");
  await using away = await Device.connect(service, "ada");
  const { id, deliveries } = await service.published({ to: { user: "ada" }, title: "Wrong" });
  const kept = await service.published({ to: { user: "ada" }, title: "Right" });
  const seq = deliveries[0]?.seq ?? NaN;
  await Promise.all([here.reaches(seq + 1), away.reaches(seq + 1)]);
  await away.close();
  assert.equal(await recall(service, id), 204);
  await here.until(() => here.items.length === 1, "the recall");
  const change = await here.message(({ type }) => type === "change");
  assert.deepEqual([change.op, change.items], ["recall", [seq]]);
  assert.deepEqual(here.counts, { unread: 1, unseen: 1 });
  await away.connect();
  for (const device of [here, away]) {
    assert.deepEqual(device.items.map((item) => item.seq), [kept.deliveries[0]?.seq]);
    await device.equalsInbox();
  }
  assert.equal((await statusOf(service, id)).state, "recalled");
});

Deno.test("a recall reaches a thousand users, a topic and everyone", async () => {
  await using service = await Service.start();
  const users = Array.from({ length: 1_000 }, (_, i) => `user-${i}`);
  await using last = await Device.connect(service, "user-999");
  const many = await service.published({ to: { users }, title: "Many", ttl: 3_600 });
  await last.reaches(1);
  const topic = await service.published({ to: { topic: "news" }, title: "Topic" });
  const everyone = await service.published({ to: { everyone: true }, title: "Everyone" });
  for (const { id } of [many, topic, everyone]) {
    assert.equal(await recall(service, id), 204);
    assert.equal(await recall(service, id), 204);
    assert.equal((await statusOf(service, id)).state, "recalled");
  }
  await last.until(() => last.items.length === 0, "the recall");
  for (const user of users.filter((_, i) => i % 37 === 0)) {
    const own = (await service.inbox(user)).filter(({ stream }) => stream === "user");
    assert.deepEqual(own, [], user);
  }
});

Deno.test("a recalled notification frees its collapse key, and spares the one that replaced it", async () => {
  await using service = await Service.start();
  const publish = (title: string) =>
    service.published({ to: { user: "ada" }, title, collapseKey: "k" });
  const first = await publish("One");
  await publish("Two");
  assert.equal(await recall(service, first.id), 204);
  assert.deepEqual((await service.inbox("ada")).map(({ title }) => title), ["Two"]);
});

Deno.test("a publisher is told who has read it, page by page", async () => {
  await using service = await Service.start({ env: { BELLWIRE_INBOX_MAX: "2" } });
  const users = Array.from({ length: 30 }, (_, i) => `user-${i}`);
  const { id, deliveries } = await service.published({ to: { users }, title: "Read me" });
  // Two more push it out of this inbox.
  for (const title of ["More", "More still"]) {
    await service.published({ to: { user: "user-3" }, title });
  }
  const seen: unknown[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const at: Record<string, string> = cursor === null ? {} : { cursor };
    const page = await statusOf(service, id, { limit: "11", ...at });
    assert.equal(page.state, "sent");
    seen.push(...page.deliveries);
    cursor = page.next;
    pages++;
  } while (cursor !== null);
  assert.equal(pages, 3);
  const expected = deliveries.map(({ stream, seq }) => ({
    stream,
    seq,
    read: stream === "user:user-3" ? null : false,
  }));
  assert.deepEqual(seen, expected);
  assert.equal((await statusOf(service, id)).deliveries.length, 20);
});
