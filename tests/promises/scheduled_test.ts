import assert from "node:assert/strict";
import { eventually } from "../drivers/deadline.ts";
import { Device } from "../drivers/device.ts";
import { call, inMs, recall, schedule, statusOf } from "../drivers/publisher_calls.ts";
import { Service } from "../drivers/service.ts";

/** Far enough that nothing here can take so long, also on a busy machine. */
const LATER = 3_600_000;
/** Long enough for a few calls before, also on a busy machine. */
const SOON = 7_000;

/** Titles of a user's inbox, oldest first. */
async function titles(service: Service, user: string): Promise<string[]> {
  return (await service.inbox(user)).map(({ title }) => title).reverse();
}

Deno.test("what has a sendAt is sent then, not before, and once", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  const sendAt = inMs(SOON);
  const id = await schedule(service, { to: { user: "ada" }, title: "Later", sendAt });
  assert.deepEqual(await titles(service, "ada"), []);
  assert.equal((await statusOf(service, id)).state, "scheduled");
  const { item, seq } = await device.message(({ type }) => type === "notification");
  assert(Date.now() >= Date.parse(sendAt), "too early");
  assert.equal(item.id, id);
  assert.equal(item.publishedAt, sendAt);
  assert.deepEqual(await statusOf(service, id), {
    id,
    state: "sent",
    sendAt,
    deliveries: [{ stream: "user:ada", seq, read: false }],
    next: null,
  });
  // Several looks later it is still one.
  await service.published({ to: { user: "ada" }, title: "Now", ttl: 2 });
  const isOver = () => device.notified.length > 1 && device.items.length === 1;
  await device.until(isOver, "the other, and its expiry");
  assert.deepEqual(device.notified.map(({ id }) => id)[0], id);
  assert.equal(device.notified.length, 2);
});

Deno.test("a thousand users, a topic and everyone get what was scheduled for them", async () => {
  await using service = await Service.start();
  const users = Array.from({ length: 1_000 }, (_, i) => `user-${i}`);
  const sendAt = inMs(SOON);
  const [many, topic, everyone] = [
    await schedule(service, { to: { users }, title: "Many", sendAt }),
    await schedule(service, { to: { topic: "news" }, title: "Topic", sendAt }),
    await schedule(service, { to: { everyone: true }, title: "Everyone", sendAt }),
  ];
  const sent = (id: string) =>
    eventually(async () => {
      const status = await statusOf(service, id, { limit: "100" });
      return status.state === "sent" && status;
    }, "it to be sent");
  assert.deepEqual((await sent(topic)).deliveries, [{ stream: "topic:news", seq: 1 }]);
  assert.deepEqual((await sent(everyone)).deliveries, [{ stream: "topic:everyone", seq: 1 }]);
  await sent(many);
  for (const user of [users[0], users[8], users[500], users[999]]) {
    assert.deepEqual(await titles(service, user as string), ["Many"]);
  }
});

Deno.test("what was cancelled before its time is never sent", async () => {
  await using service = await Service.start();
  const users = Array.from({ length: 20 }, (_, i) => `user-${i}`);
  const sendAt = inMs(SOON);
  const one = await schedule(service, { to: { user: "user-0" }, title: "One", sendAt });
  const many = await schedule(service, { to: { users }, title: "Many", sendAt });
  const kept = await schedule(service, { to: { user: "user-0" }, title: "Kept", sendAt });
  assert.equal(await recall(service, one), 204);
  assert.equal(await recall(service, many), 204);
  assert.equal(await recall(service, many), 204);
  await eventually(async () => (await statusOf(service, kept)).state === "sent", "the third");
  // Whatever was due with it, or a second later, has been looked at by then.
  const marker = await schedule(service, { to: { topic: "t" }, title: "x", sendAt: inMs(SOON) });
  await eventually(async () => (await statusOf(service, marker)).state === "sent", "the marker");
  for (const user of users) {
    assert.deepEqual(await titles(service, user), user === "user-0" ? ["Kept"] : []);
  }
  for (const id of [one, many]) {
    const { state, deliveries } = await statusOf(service, id);
    assert.deepEqual({ state, deliveries }, { state: "recalled", deliveries: [] });
  }
});

Deno.test("what was scheduled survives a kill, and is sent late where nobody ran", async () => {
  await using service = await Service.start();
  const missed = await schedule(service, {
    to: { user: "ada" },
    title: "Missed",
    sendAt: inMs(SOON),
  });
  const next = await schedule(service, { to: { user: "ada" }, title: "Next", sendAt: inMs(LATER) });
  const tooLate = await schedule(service, {
    to: { user: "ada" },
    title: "Too late",
    sendAt: inMs(SOON),
    ttl: 1,
  });
  const over = Date.now() + SOON + 1_500;
  await service.kill();
  await eventually(() => Date.now() > over, "the times of both to pass");
  await service.restart();
  await eventually(
    async () => (await statusOf(service, missed)).state === "sent",
    "the missed one",
  );
  await eventually(async () => (await statusOf(service, tooLate)).state === "expired", "its end");
  assert.deepEqual((await statusOf(service, tooLate)).deliveries, []);
  assert.equal((await statusOf(service, next)).state, "scheduled");
  assert.deepEqual(await titles(service, "ada"), ["Missed"]);
});

Deno.test("a ttl counts from sendAt", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  await schedule(service, { to: { user: "ada" }, title: "Short", sendAt: inMs(SOON), ttl: 1 });
  const { item } = await device.message(({ type }) => type === "notification");
  assert.equal(Date.parse(item.expiresAt) - Date.parse(item.publishedAt), 1_000);
  await device.until(() => device.items.length === 0, "the expiry");
});

Deno.test("a repeat of a scheduled call gets the same 202, before and after it was sent", async () => {
  await using service = await Service.start();
  const body = { to: { user: "ada" }, title: "Once", sendAt: inMs(SOON) };
  const headers = { "idempotency-key": "k" };
  const id = await schedule(service, body, headers);
  const repeat = async () => {
    const answer = await service.publish(body, headers);
    assert.equal(answer.headers.get("idempotent-replayed"), "true");
    assert.equal(answer.status, 202);
    assert.deepEqual(await answer.json(), { id, deliveries: [], sendAt: body.sendAt });
  };
  await repeat();
  const other = await service.publish({ ...body, title: "Other" }, headers);
  assert.equal(other.status, 422, await other.text());
  await eventually(async () => (await statusOf(service, id)).state === "sent", "it to be sent");
  await repeat();
  assert.deepEqual(await titles(service, "ada"), ["Once"]);
});

Deno.test("recipients of what is scheduled are told in pages", async () => {
  await using service = await Service.start();
  const users = Array.from({ length: 21 }, (_, i) => `user-${i}`);
  const id = await schedule(service, { to: { users }, title: "x", sendAt: inMs(LATER) });
  const seen: unknown[] = [];
  let cursor: string | null = null;
  do {
    const at: Record<string, string> = cursor === null ? {} : { cursor };
    const page = await statusOf(service, id, { limit: "10", ...at });
    seen.push(...page.deliveries);
    cursor = page.next;
  } while (cursor !== null);
  assert.deepEqual(seen, users.map((u) => ({ stream: `user:${u}`, seq: null, read: null })));
});

Deno.test("an id that is not known is a 404, and so is what is none", async () => {
  await using service = await Service.start();
  const ids = ["0199f2a0-0000-7000-8000-000000000000", "x", "x".repeat(3_000), "..%2F", "batch%00"];
  for (const id of ids) {
    for (const method of ["GET", "DELETE"]) {
      const answer = await call(service, `/v1/notifications/${id}`, { method });
      assert.equal(answer.status, 404, await answer.text());
    }
  }
});
