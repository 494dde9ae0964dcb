import assert from "node:assert/strict";
import { Service } from "../drivers/service.ts";

async function fill(service: Service, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await service.published({
      to: { user: "ada" },
      title: `Number ${i}`,
      category: i % 3 === 0 ? "build" : "general",
    });
  }
}

Deno.test("the inbox comes newest first, in pages that fit together without a seam", async () => {
  await using service = await Service.start();
  await fill(service, 45);
  const first = await service.inboxPage("ada");
  assert.equal(first.items.length, 20);
  assert.deepEqual(first.counts, { unread: 45, unseen: 45 });
  assert(first.items.every(({ stream }) => stream === "user"));
  for (const limit of [1, 7, 20, 45, 100]) {
    const seqs: number[] = [];
    let pages = 0;
    let at: Record<string, string> | undefined = {};
    while (at !== undefined) {
      const page = await service.inboxPage("ada", { limit: String(limit), ...at });
      assert(page.items.length <= limit);
      seqs.push(...page.items.map(({ seq }) => seq));
      at = page.next === null ? undefined : { cursor: page.next };
      pages++;
    }
    assert.deepEqual(seqs, Array.from({ length: 45 }, (_, i) => 45 - i), `limit ${limit}`);
    assert(pages <= Math.ceil(45 / limit) + 1);
  }
});

Deno.test("a page goes on where the one before ended, whatever has come meanwhile", async () => {
  await using service = await Service.start();
  await fill(service, 10);
  const first = await service.inboxPage("ada", { limit: "5" });
  await fill(service, 10);
  const second = await service.inboxPage("ada", { limit: "5", cursor: first.next ?? "" });
  assert.deepEqual(second.items.map(({ seq }) => seq), [5, 4, 3, 2, 1]);
  assert.deepEqual(second.counts, { unread: 20, unseen: 20 });
  await service.kill();
  await service.restart();
  const again = await service.inboxPage("ada", { limit: "5", cursor: first.next ?? "" });
  assert.deepEqual(again.items, second.items);
});

Deno.test("a category's items come in pages too, however few of them there are", async () => {
  await using service = await Service.start();
  await fill(service, 60);
  const items = await service.inbox("ada", { category: "build", limit: "3" });
  assert.equal(items.length, 20);
  assert(items.every(({ category }) => category === "build"));
  assert.deepEqual(await service.inbox("ada", { category: "nothing" }), []);
});

Deno.test("status tells items apart", async () => {
  await using service = await Service.start();
  await fill(service, 3);
  const count = async (status: string) => (await service.inboxPage("ada", { status })).items.length;
  assert.deepEqual(
    await Promise.all(["active", "unread", "archived", "all"].map(count)),
    [3, 3, 0, 3],
  );
});

Deno.test("who was never sent anything has an empty inbox, and nobody sees another's", async () => {
  await using service = await Service.start();
  await fill(service, 3);
  const page = await service.inboxPage("bob");
  assert.deepEqual(page, { items: [], counts: { unread: 0, unseen: 0 }, next: null });
  const counts = await (await service.get("/v1/inbox/counts", "ada")).json();
  assert.deepEqual(counts, { unread: 3, unseen: 3 });
  assert.deepEqual(await (await service.get("/v1/inbox/counts", "bob")).json(), page.counts);
  // Names that look alike are different users, also where they share a beginning.
  for (const user of ["Ada", "ad", "adaa", "ada:", "ada."]) {
    assert.deepEqual(await service.inbox(user), [], user);
  }
});

Deno.test("pages of large items are whole", async () => {
  await using service = await Service.start();
  const data = { pad: "x".repeat(16_000) };
  for (let i = 0; i < 100; i++) {
    await service.published({ to: { user: "ada" }, title: `Number ${i}`, data });
  }
  const page = await service.inboxPage("ada", { limit: "100" });
  assert.equal(page.items.length, 100);
  assert(page.items.every((item) => (item["data"] as typeof data).pad.length === 16_000));
});
