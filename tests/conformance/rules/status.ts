import assert from "node:assert/strict";
import { rules } from "../rule.ts";
import { refused } from "../world.ts";

const PUBLISH = "/v1/notifications";
const UNKNOWN = "019b7a62-1de0-7000-8000-000000000000";

/** R: what became of a notification, and taking it back. */
export const STATUS = rules((rule) => {
  rule("R-1", "the state of a notification, and where it went", async (w) => {
    const user = w.name();
    const { id } = await w.publish({ to: { user }, title: "T", ttl: 3600 });
    const { status, body } = await w.publisher("GET", `${PUBLISH}/${id}`);
    assert.equal(status, 200);
    assert.equal(body.id, id);
    assert.equal(body.state, "sent");
    assert.equal(typeof body.expiresAt, "string");
    assert.deepEqual(body.deliveries, [{ stream: `user:${user}`, seq: 1, read: false }]);
    assert.equal(body.next, null);
  });

  rule("R-1", "what has expired says so", async (w) => {
    const user = w.name();
    await using device = await w.device(user);
    const { id } = await w.publish({ to: { user }, title: "T", ttl: 1 });
    await device.change("expire");
    const { body } = await w.publisher("GET", `${PUBLISH}/${id}`);
    assert.equal(body.state, "expired");
  });

  rule("R-2", "recipients come in pages, in the order in which they were named", async (w) => {
    const users = Array.from({ length: 45 }, () => w.name());
    const { id } = await w.publish({ to: { users }, title: "T" });
    const found: string[] = [];
    let cursor: string | null = "";
    let pages = 0;
    for (; cursor !== null; pages++) {
      const at = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await w.publisher("GET", `${PUBLISH}/${id}?limit=20${at}`);
      found.push(...body.deliveries.map(({ stream }: { stream: string }) => stream));
      cursor = body.next;
    }
    assert.deepEqual(found, users.map((user) => `user:${user}`));
    assert.equal(pages, 3);
    for (const query of ["limit=0", "limit=101", "cursor=nonsense", "page=2"]) {
      refused(await w.publisher("GET", `${PUBLISH}/${id}?${query}`), 400, "invalid_request");
    }
  });

  rule("R-3", "who has read it, and who does not have it any more", async (w) => {
    const users = [w.name(), w.name(), w.name()];
    const { id } = await w.publish({ to: { users }, title: "T" });
    const mark = (user: string, op: string) =>
      w.user(user, "POST", "/v1/inbox/marks", { body: { op, items: [1] } });
    await mark(users[0] as string, "read");
    await mark(users[2] as string, "delete");
    const { body } = await w.publisher("GET", `${PUBLISH}/${id}`);
    const reads = body.deliveries.map(({ read }: { read: unknown }) => read);
    assert.deepEqual(reads, [true, false, null]);
    const topic = await w.publish({ to: { topic: w.name() }, title: "T" });
    const answer = await w.publisher("GET", `${PUBLISH}/${topic.id}`);
    assert(!("read" in answer.body.deliveries[0]));
  });

  rule("R-4", "while it is scheduled, there are no numbers", async (w) => {
    const user = w.name();
    const sendAt = new Date(Date.now() + 864e5).toISOString();
    const scheduled = await w.publisher("POST", PUBLISH, {
      body: { to: { user }, title: "T", sendAt },
    });
    const { id } = scheduled.body;
    const { body } = await w.publisher("GET", `${PUBLISH}/${id}`);
    assert.deepEqual([body.state, body.sendAt], ["scheduled", sendAt]);
    assert.deepEqual(body.deliveries, [{ stream: `user:${user}`, seq: null, read: null }]);
    assert.equal((await w.publisher("DELETE", `${PUBLISH}/${id}`)).status, 204);
  });

  rule("R-5", "an unknown id: 404 not_found", async (w) => {
    for (const id of [UNKNOWN, "none"]) {
      refused(await w.publisher("GET", `${PUBLISH}/${id}`), 404, "not_found");
    }
  });

  rule("R-6", "a recall takes it from every inbox and every device", async (w) => {
    const users = Array.from({ length: 12 }, () => w.name());
    const [first = "", second = ""] = users;
    await using device = await w.device(first);
    const { id } = await w.publish({ to: { users }, title: "T" });
    assert.equal((await w.publisher("DELETE", `${PUBLISH}/${id}`)).status, 204);
    assert.deepEqual(await w.inbox(second), []);
    const { items } = await device.change("recall");
    assert.deepEqual(items, [1]);
    assert.deepEqual(device.items(), []);
    assert.deepEqual(device.counts, { unread: 0, unseen: 0 });
    const { body } = await w.publisher("GET", `${PUBLISH}/${id}`);
    assert.equal(body.state, "recalled");
  });

  rule("R-7", "a recall before sendAt cancels it", async (w) => {
    const user = w.name();
    const sendAt = new Date(Date.now() + 2000).toISOString();
    const scheduled = await w.publisher("POST", PUBLISH, {
      body: { to: { user }, title: "Never", sendAt },
    });
    const path = `${PUBLISH}/${scheduled.body.id}`;
    assert.equal((await w.publisher("DELETE", path)).status, 204);
    // What is due later and comes tells that its time has passed.
    const later = new Date(Date.now() + 3500).toISOString();
    await using device = await w.device(user);
    await w.publisher("POST", PUBLISH, { body: { to: { user }, title: "Later", sendAt: later } });
    await device.reaches(1);
    assert.deepEqual(device.items().map(({ title }) => title), ["Later"]);
    assert.equal((await w.publisher("GET", path)).body.state, "recalled");
  });

  rule("R-8", "a repeated recall: 204; an unknown id: 404", async (w) => {
    const { id } = await w.publish({ to: { user: w.name() }, title: "T" });
    for (let i = 0; i < 2; i++) {
      assert.equal((await w.publisher("DELETE", `${PUBLISH}/${id}`)).status, 204);
    }
    refused(await w.publisher("DELETE", `${PUBLISH}/${UNKNOWN}`), 404, "not_found");
  });
});
