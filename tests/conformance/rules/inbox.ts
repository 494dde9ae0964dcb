import assert from "node:assert/strict";
import type { Message } from "../socket.ts";
import { rules } from "../rule.ts";
import { refused } from "../world.ts";
import { batch, join, mark, seqs } from "./inbox_calls.ts";

/** N: the inbox. */
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
});
