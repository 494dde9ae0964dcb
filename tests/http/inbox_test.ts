import assert from "node:assert/strict";
import { readProblem } from "../drivers/problem.ts";
import { createTestApp } from "../drivers/test_app.ts";

const NOTIFICATION = { to: { user: "ada" }, title: "Build finished" };

Deno.test("the inbox comes newest first, in pages, with the counts", async () => {
  const { publish, get } = await createTestApp();
  for (const title of ["one", "two", "three"]) await publish({ ...NOTIFICATION, title });
  const first = await (await get("/v1/inbox?limit=2", "ada")).json();
  assert.deepEqual(first.items.map((item: { title: string }) => item.title), ["three", "two"]);
  assert.deepEqual(first.items.map((item: { seq: number }) => item.seq), [3, 2]);
  assert.deepEqual(first.counts, { unread: 3, unseen: 3 });
  const second = await (await get(`/v1/inbox?limit=2&cursor=${first.next}`, "ada")).json();
  assert.deepEqual(second.items.map((item: { title: string }) => item.title), ["one"]);
  assert.equal(second.next, null);
  assert.deepEqual(await (await get("/v1/inbox", "bob")).json(), {
    items: [],
    counts: { unread: 0, unseen: 0 },
    next: null,
  });
});

Deno.test("the inbox passes its filters on, with their defaults", async () => {
  const { get, store } = await createTestApp();
  await get("/v1/inbox", "ada");
  await get("/v1/inbox?status=unread&category=ci.build&limit=100&cursor=a%2Bb", "ada");
  assert.deepEqual(store.queries, [
    { status: "active", limit: 20 },
    { status: "unread", category: "ci.build", limit: 100, cursor: "a+b" },
  ]);
});

Deno.test("an inbox query that is out of range, unknown or doubled is refused", async () => {
  const { get } = await createTestApp();
  const bad: [query: string, path: string][] = [
    ["limit=0", "limit"],
    ["limit=101", "limit"],
    ["limit=ten", "limit"],
    ["limit=1e1", "limit"],
    ["limit=", "limit"],
    ["status=new", "status"],
    ["category=CI", "category"],
    ["cursor=", "cursor"],
    ["limit=1&limit=2", "limit"],
    ["statsu=unread", "statsu"],
    ["__proto__=x", ""],
  ];
  for (const [query, path] of bad) {
    const response = await get(`/v1/inbox?${query}`, "ada");
    assert.equal(response.status, 400, query);
    assert.equal((await readProblem(response)).errors?.[0]?.path, path, query);
  }
});

Deno.test("the counts of an inbox can be had alone", async () => {
  const { publish, get } = await createTestApp();
  await publish(NOTIFICATION);
  const response = await get("/v1/inbox/counts", "ada");
  assert.deepEqual(await response.json(), { unread: 1, unseen: 1 });
  assert.equal(response.headers.get("cache-control"), "no-store");
});
