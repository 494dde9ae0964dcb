import assert from "node:assert/strict";
import { rules } from "../rule.ts";
import { refused } from "../world.ts";
import { batch, join, mark, seqs } from "./inbox_calls.ts";

/** M: what a user makes of items. */
export const MARKS = rules((rule) => {
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
