import assert from "node:assert/strict";
import type { Message } from "../socket.ts";
import { rules } from "../rule.ts";
import { refused, type World } from "../world.ts";

/** N and M: the inbox, and what a user makes of it. */
export const INBOX = rules((rule) => {
  rule("N-1", "items newest first, of all streams together", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    await join(w, user, topic);
    for (const [i, to] of [{ user }, { topic }, { user }, { topic }].entries()) {
      await w.publish({ to, title: `${i}` });
    }
    const { body } = await w.user(user, "GET", "/v1/inbox");
    assert.deepEqual(body.items.map(({ title }: { title: string }) => title), ["3", "2", "1", "0"]);
    assert.deepEqual(body.counts, { unread: 4, unseen: 4 });
    assert.equal(body.next, null);
  });

  rule("N-2", "an item has what was published, its address and its state", async (w) => {
    const user = w.name();
    const given = {
      ...{ title: "T", body: "B", url: "/u", icon: "i", image: "m", category: "a.b-c_1" },
      ...{ priority: "urgent", data: { n: [1, null, "x"] }, collapseKey: "k" },
      actions: [{ id: "a", label: "A", url: "https://example.com" }],
    };
    const { id } = await w.publish({ to: { user }, ...given, ttl: 3600 });
    await w.publish({ to: { user }, title: "Bare" });
    const [bare, item] = await w.inbox(user);
    const { publishedAt, expiresAt, ...rest } = item as Message;
    const state = { stream: "user", seq: 1, read: false, seen: false, archived: false };
    assert.deepEqual(rest, { id, ...given, ...state });
    assert.equal(Date.parse(expiresAt) - Date.parse(publishedAt), 3_600_000);
    assert.deepEqual([bare?.["category"], bare?.["priority"]], ["general", "normal"]);
    assert(!("expiresAt" in (bare ?? {})));
  });

  rule("N-3", "page by page one gets every item once", async (w) => {
    const user = w.name();
    await batch(w, user, 25);
    const pages: number[][] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const at = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await w.user(user, "GET", `/v1/inbox?limit=10${at}`);
      pages.push(seqs(body.items));
      cursor = body.next;
    }
    assert.deepEqual(pages.map(({ length }) => length), [10, 10, 5]);
    assert.deepEqual(pages.flat(), Array.from({ length: 25 }, (_, i) => 25 - i));
    const { body } = await w.user(user, "GET", "/v1/inbox");
    assert.equal(body.items.length, 20);
  });

  rule("N-4", "a cursor stays good while items come and go", async (w) => {
    const user = w.name();
    await batch(w, user, 12);
    const first = await w.user(user, "GET", "/v1/inbox?limit=4");
    await mark(w, user, { op: "delete", items: [9, 7] });
    await batch(w, user, 3);
    const cursor = encodeURIComponent(first.body.next);
    const { body } = await w.user(user, "GET", `/v1/inbox?limit=100&cursor=${cursor}`);
    assert.deepEqual(seqs(body.items), [8, 6, 5, 4, 3, 2, 1]);
  });

  rule("N-5", "status chooses among active, unread, archived and all", async (w) => {
    const user = w.name();
    await batch(w, user, 4);
    await mark(w, user, { op: "read", items: [1, 2] });
    await mark(w, user, { op: "archive", items: [2, 3] });
    const found = async (query: string) =>
      seqs((await w.user(user, "GET", `/v1/inbox${query}`)).body.items);
    assert.deepEqual(await found(""), [4, 1]);
    assert.deepEqual(await found("?status=active"), [4, 1]);
    assert.deepEqual(await found("?status=unread"), [4]);
    assert.deepEqual(await found("?status=archived"), [3, 2]);
    assert.deepEqual(await found("?status=all"), [4, 3, 2, 1]);
  });

  rule("N-6", "category and topic leave only what is of them", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    await join(w, user, topic);
    await w.publish({ to: { user }, title: "0", category: "a" });
    await w.publish({ to: { topic }, title: "1", category: "a" });
    await w.publish({ to: { topic }, title: "2", category: "b" });
    const found = async (query: string) => {
      const { body } = await w.user(user, "GET", `/v1/inbox?${query}`);
      return body.items.map(({ title }: { title: string }) => title);
    };
    assert.deepEqual(await found("category=a"), ["1", "0"]);
    assert.deepEqual(await found(`topic=${topic}`), ["2", "1"]);
    assert.deepEqual(await found(`topic=${topic}&category=b&status=unread`), ["2"]);
    const foreign = await w.user(user, "GET", `/v1/inbox?topic=${w.name()}`);
    refused(foreign, 403, "forbidden");
  });

  rule("N-7", "a foreign cursor, and a value out of range: 400", async (w) => {
    const wrong = ["cursor=x", "cursor=", "limit=0", "limit=101", "limit=1.5", "status=new"];
    for (const query of [...wrong, "category=A", "topic=a%20b"]) {
      const answer = await w.user(w.name(), "GET", `/v1/inbox?${query}`);
      refused(answer, 400, "invalid_request");
    }
  });

  rule("N-8", "who was never there has an empty inbox", async (w) => {
    const user = w.name();
    const { status, body } = await w.user(user, "GET", "/v1/inbox");
    assert.equal(status, 200);
    assert.deepEqual(body, { items: [], counts: { unread: 0, unseen: 0 }, next: null });
    assert.equal((await w.user(user, "GET", "/v1/inbox/counts")).status, 200);
  });

  rule("N-9", "the counts are those that devices are told", async (w) => {
    const user = w.name();
    await using device = await w.device(user);
    await batch(w, user, 3);
    await mark(w, user, { op: "seen", upTo: 2 });
    await device.reaches(4);
    const { body } = await w.user(user, "GET", "/v1/inbox/counts");
    assert.deepEqual(body, { unread: 3, unseen: 1 });
    assert.deepEqual(device.counts, body);
  });

  rule("M-1", "by items, up to a number, and on several streams at once", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    await join(w, user, topic);
    await batch(w, user, 3);
    for (let i = 0; i < 3; i++) await w.publish({ to: { topic }, title: "T" });
    const stream = `topic:${topic}`;
    const start = (await w.inbox(user)).filter((item) => item["stream"] === "user");
    const [, , first] = start.map((item) => item["seq"] as number);
    await mark(w, user, { op: "read", items: [first] });
    await mark(w, user, { op: "archive", upTo: 1, stream });
    await mark(w, user, { op: "seen", upTo: { user: first, [stream]: 2 } });
    const state = Object.fromEntries((await w.inbox(user)).map((item) => [
      `${item["stream"]} ${item["seq"]}`,
      [item["read"], item["seen"], item["archived"]],
    ]));
    assert.deepEqual(state[`user ${first}`], [true, true, false]);
    assert.deepEqual(state[`user ${first as number + 1}`], [false, false, false]);
    assert.deepEqual(state[`${stream} 1`], [false, true, true]);
    assert.deepEqual(state[`${stream} 2`], [false, true, false]);
    assert.deepEqual(state[`${stream} 3`], [false, false, false]);
  });

  rule("M-2", "each op sets or clears its flag, and delete takes items away", async (w) => {
    const user = w.name();
    await batch(w, user, 2);
    const after = async (op: string, items = [1]) => {
      await mark(w, user, { op, items });
      return (await w.inbox(user)).find((item) => item["seq"] === 1);
    };
    assert.equal((await after("read"))?.["read"], true);
    assert.equal((await after("unread"))?.["read"], false);
    assert.equal((await after("seen"))?.["seen"], true);
    assert.equal((await after("archive"))?.["archived"], true);
    assert.equal((await after("unarchive"))?.["archived"], false);
    assert.equal(await after("delete"), undefined);
    assert.equal(await after("unread"), undefined);
  });

  rule("M-3", "up to a number never touches what came after it", async (w) => {
    const user = w.name();
    await using device = await w.device(user);
    await batch(w, user, 3);
    const [published] = await Promise.all([
      batch(w, user, 5),
      mark(w, user, { op: "read", upTo: 3 }),
    ]);
    assert.equal(published.length, 5);
    const unread = (await w.inbox(user)).filter((item) => !item["read"]);
    assert.equal(unread.length, 5);
    await device.until(() => device.items().length === 8, "all items");
    await device.change("read");
    assert.deepEqual(device.counts, { unread: 5, unseen: 5 });
  });

  rule("M-4", "seen by items means up to the largest", async (w) => {
    const user = w.name();
    await batch(w, user, 4);
    await mark(w, user, { op: "seen", items: [1, 3] });
    const seen = (await w.inbox(user)).filter((item) => item["seen"]);
    assert.deepEqual(seqs(seen), [3, 2, 1]);
  });

  rule("M-5", "every device gets the change, for a topic's items with its target", async (w) => {
    const [user, topic] = [w.name(), w.name()];
    await join(w, user, topic);
    await w.publish({ to: { topic }, title: "T" });
    await w.publish({ to: { user }, title: "T" });
    await using phone = await w.device(user);
    await using laptop = await w.device(user);
    const stream = `topic:${topic}`;
    await mark(w, user, { op: "read", items: [1], stream });
    await mark(w, user, { op: "archive", upTo: 10 });
    for (const device of [phone, laptop]) {
      const read = await device.change("read");
      assert.deepEqual([read["stream"], read["target"], read["items"]], ["user", stream, [1]]);
      const archive = await device.change("archive");
      assert.deepEqual([archive["stream"], archive["target"]], ["user", undefined]);
      assert.deepEqual(device.counts, { unread: 0, unseen: 0 });
      await device.equalsInbox();
    }
  });

  rule(
    "M-6",
    "what is so already makes no event, and what is not there is passed over",
    async (w) => {
      const user = w.name();
      await batch(w, user, 2);
      for (let i = 0; i < 3; i++) await mark(w, user, { op: "read", items: [1, 999] });
      await mark(w, user, { op: "unarchive", upTo: 2 });
      const { deliveries } = await w.publish({ to: { user }, title: "Next" });
      assert.equal(deliveries[0]?.seq, 4);
    },
  );

  rule("M-7", "marks on a topic's items are the user's own", async (w) => {
    const [ada, bob, topic] = [w.name(), w.name(), w.name()];
    for (const user of [ada, bob]) await join(w, user, topic);
    await w.publish({ to: { topic }, title: "T" });
    await mark(w, ada, { op: "delete", items: [1], stream: `topic:${topic}` });
    assert.deepEqual(await w.inbox(ada), []);
    const [item] = await w.inbox(bob);
    assert.deepEqual([item?.["read"], item?.["archived"]], [false, false]);
  });

  rule("M-8", "a topic that is not the user's: 403, and nothing is marked", async (w) => {
    const user = w.name();
    await batch(w, user, 1);
    const body = { op: "read", upTo: { user: 1, [`topic:${w.name()}`]: 1 } };
    refused(await w.user(user, "POST", "/v1/inbox/marks", { body }), 403, "forbidden");
    assert.equal((await w.inbox(user))[0]?.["read"], false);
  });

  rule("M-9", "a mark that is none: 400", async (w) => {
    const user = w.name();
    const wrong = [
      ...[{}, { op: "read" }, { op: "burn", upTo: 1 }, { op: "read", items: [] }],
      ...[{ op: "read", items: [0] }, { op: "read", upTo: -1 }, {
        op: "read",
        items: [1],
        upTo: 1,
      }],
      ...[{ op: "read", upTo: {} }, { op: "read", upTo: { elsewhere: 1 } }],
      { op: "read", upTo: { user: 1 }, stream: "user" },
    ];
    for (const body of wrong) {
      const answer = await w.user(user, "POST", "/v1/inbox/marks", { body });
      refused(answer, 400, "invalid_request");
    }
  });
});

function seqs(items: readonly Message[]): number[] {
  return items.map((item) => item["seq"]);
}

async function join(w: World, user: string, topic: string): Promise<void> {
  const { status } = await w.publisher("PUT", `/v1/users/${user}/topics/${topic}`);
  assert.equal(status, 204);
}

async function mark(w: World, user: string, body: unknown): Promise<void> {
  const { status, text } = await w.user(user, "POST", "/v1/inbox/marks", { body });
  assert.equal(status, 204, text);
}

/** Publishes so many to a user in one call. */
async function batch(w: World, user: string, count: number): Promise<unknown[]> {
  const notifications = Array.from({ length: count }, (_, i) => ({ to: { user }, title: `${i}` }));
  const { body } = await w.publisher("POST", "/v1/notifications/batch", {
    body: { notifications },
  });
  return body.results;
}
