import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "../drivers/deadline.ts";
import { Device } from "../drivers/device.ts";
import { Service } from "../drivers/service.ts";

/** A name that nothing else contains. */
const USER = "zz-erase-me";

async function erase(service: Service, user: string): Promise<void> {
  const response = await service.fetch(`/v1/users/${user}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${service.key}` },
  });
  assert.equal(response.status, 204, await response.text());
}

/** The keys of all rows that have a text in their key or value. */
async function rowsThatName(service: Service, text: string): Promise<string[]> {
  const found: string[] = [];
  const decoder = new TextDecoder();
  using kv = await Deno.openKv(join(service.folder, "bellwire.db"));
  for await (const { key, value } of kv.list({ prefix: [] })) {
    const shown = value instanceof Uint8Array ? decoder.decode(value) : JSON.stringify(value);
    if (JSON.stringify(key).includes(text) || shown.includes(text)) found.push(key.join(" "));
  }
  return found;
}

/** Everything that can be stored of somebody. */
async function leaveTraces(service: Service, device: Device): Promise<void> {
  const later = new Date(Date.now() + 3_600_000).toISOString();
  for (let i = 0; i < 40; i++) {
    await service.published({ to: { user: USER }, title: `No. ${i}`, collapseKey: `k${i % 5}` });
  }
  await service.published({ to: { user: USER }, title: "With an end", ttl: 3600 });
  await service.published({ to: { users: ["ada", USER, "bob"] }, title: "To several" });
  await service.published(
    { to: { user: USER }, title: "Once" },
    { "idempotency-key": "a key" },
  );
  for (const to of [{ user: USER }, { users: ["ada", USER] }]) {
    const response = await service.fetch("/v1/notifications", {
      method: "POST",
      headers: { authorization: `Bearer ${service.key}`, "content-type": "application/json" },
      body: JSON.stringify({ to, title: "Later", sendAt: later }),
    });
    assert.equal(response.status, 202, await response.text());
  }
  await device.ask({ type: "subscribe", topic: "chat" });
  await device.ask({
    type: "publish",
    topic: "chat",
    title: "Hello from me",
    idempotencyKey: "my own",
  });
  await device.ask({ type: "publish", topic: "chat", title: "Later", sendAt: later });
  await service.published({ to: { everyone: true }, title: "To all" });
  await device.until(() => device.of("everyone").length > 0, "what was sent to all");
  await device.ask({ type: "mark", op: "read", upTo: { "user": 30, "topic:everyone": 9 } });
  await device.ask({ type: "mark", op: "delete", items: [41] });
  const token = await service.token(USER);
  const ticket = await service.fetch("/v1/tickets", {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(ticket.status, 201, await ticket.text());
}

/**
 * A token that counts as issued after the erasure. Five seconds are for clocks that differ, so its
 * `iat` is as far ahead as a token's may be, and the test waits for a second at most.
 */
async function laterToken(service: Service): Promise<string> {
  return await eventually(async () => {
    const claims = { iat: Math.floor(Date.now() / 1000) + 5 };
    const token = await service.token(USER, { claims });
    const headers = { authorization: `Bearer ${token}` };
    const answer = await service.fetch("/v1/inbox/counts", { headers });
    await answer.body?.cancel();
    return answer.status === 200 ? token : undefined;
  }, "a token that is younger than the erasure");
}

Deno.test("a token of a clock that is ahead does not survive the user's erasure", async () => {
  await using service = await Service.start();
  const ahead = { claims: { iat: Math.floor(Date.now() / 1000) + 4 } };
  const token = await service.token(USER, ahead);
  await using device = await Device.connect(service, USER, { token });
  const headers = { authorization: `Bearer ${token}` };
  const ticket = await service.fetch("/v1/tickets", { method: "POST", headers });
  const { ticket: text } = await ticket.json();
  await erase(service, USER);
  assert.equal((await device.closedByServer()).code, 4503);
  const refused = await service.fetch("/v1/inbox", { headers });
  assert.equal(refused.status, 401, await refused.text());
  const stream = await service.fetch(`/v1/stream?ticket=${text}`, {
    headers: { accept: "text/event-stream" },
  });
  assert.equal(stream.status, 401, await stream.text());
});

Deno.test("of an erased user nothing is left, in no key and no value, and the others have theirs", async () => {
  await using service = await Service.start();
  const wishes = { claims: { topics: ["chat"], publish: ["topic:chat"] } };
  await using ada = await Device.connect(service, "ada", { wishes });
  await ada.ask({ type: "subscribe", topic: "chat" });
  const token = await service.token(USER, wishes);
  await using device = await Device.connect(service, USER, { token });
  await leaveTraces(service, device);
  await ada.until(() => ada.of("chat").length === 1, "the message");
  assert.equal(ada.of("chat")[0]?.["from"], USER);

  await erase(service, USER);
  assert.equal((await device.closedByServer()).code, 4503);
  await ada.until(() => ada.of("chat").length === 0, "its recall");
  const refused = await service.fetch("/v1/inbox", {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(refused.status, 401, await refused.text());
  await ada.equalsInbox();
  assert.deepEqual(ada.items.map(({ title }) => title), ["To several"]);
  await erase(service, USER);
  await erase(service, "nobody-ever");
  await service.kill();
  assert.deepEqual(await rowsThatName(service, USER), []);
  assert.deepEqual(await rowsThatName(service, "nobody-ever"), []);
  assert((await rowsThatName(service, "user:ada")).length > 0);
});

Deno.test("a user of the same name begins anew, and what was scheduled for others is sent to them", async () => {
  await using service = await Service.start();
  const sendAt = new Date(Date.now() + 10_000).toISOString();
  await using ada = await Device.connect(service, "ada");
  await using device = await Device.connect(service, USER);
  const users = [USER, "ada", ...Array.from({ length: 20 }, (_, i) => `other-${i}`)];
  const scheduled = await service.fetch("/v1/notifications", {
    method: "POST",
    headers: { authorization: `Bearer ${service.key}`, "content-type": "application/json" },
    body: JSON.stringify({ to: { users }, title: "Later", sendAt }),
  });
  assert.equal(scheduled.status, 202, await scheduled.text());
  await service.published({ to: { user: USER }, title: "Old" });
  await device.reaches(1);
  const { cursor } = device;
  await erase(service, USER);

  await using again = new Device(service, USER, { token: await laterToken(service) });
  await again.open({ resume: cursor });
  const reset = await again.message(({ type, stream }) => type === "reset" && stream === "user");
  assert.equal(reset["reason"], "epoch");
  assert.deepEqual(again.items, []);
  await service.published({ to: { user: USER }, title: "New" });
  await again.until(() => again.items.length === 1, "the new one");
  await ada.until(() => ada.items.length === 1, "what was scheduled");
  // It is in another commit than ada's.
  await eventually(async () => {
    const { items } = await service.inboxPage("other-19");
    return items.length === 1 && items[0]?.title === "Later";
  }, "what was scheduled for the last one");
  assert.deepEqual(again.items.map(({ title }) => title), ["New"]);
});
