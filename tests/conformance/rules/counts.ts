import assert from "node:assert/strict";
import { rules } from "../rule.ts";
import { away, member, notifications } from "./devices.ts";

/** C: what is counted. */
export const COUNTS = rules((rule) => {
  rule(
    "C-1",
    "counts are over all streams: neither read nor archived, and those not seen",
    async (w) => {
      const { device, user, topic } = await member(w);
      await using _device = device;
      for (const to of [{ user }, { topic }, { user }, { topic }]) {
        await w.publish({ to, title: "T" });
      }
      const stream = `topic:${topic}`;
      await device.until(() => notifications(device).length === 4, "all");
      assert.deepEqual(device.counts, { unread: 4, unseen: 4 });
      await device.ask({ type: "mark", op: "seen", upTo: 1, stream });
      await device.ask({ type: "mark", op: "archive", items: [2], stream });
      await device.until(
        () => JSON.stringify(device.counts) === '{"unread":3,"unseen":2}',
        "counts",
      );
      const { body } = await w.user(user, "GET", "/v1/inbox");
      assert.deepEqual(body.counts, { unread: 3, unseen: 2 });
    },
  );

  rule("C-2", "counts come with every event, welcome, reset and caughtUp", async (w) => {
    const { user, device } = await away(w, 1);
    await w.fill(user, 1);
    await device.connect();
    await device.ask({ type: "mark", op: "read", upTo: 2 });
    const kinds = ["welcome", "notification", "change", "caughtUp", "reset"];
    for (const { type, counts } of device.messages.filter(({ type }) => kinds.includes(type))) {
      assert.deepEqual([type, Object.keys(counts ?? {}).sort()], [type, ["unread", "unseen"]]);
    }
    await device.leave();
  });

  rule("C-3", "what is away is not counted, what is unread again is", async (w) => {
    const user = w.name();
    await w.fill(user, 3);
    const count = async (op: string, items: number[]) => {
      await w.user(user, "POST", "/v1/inbox/marks", { body: { op, items } });
      return (await w.user(user, "GET", "/v1/inbox/counts")).body.unread;
    };
    assert.equal(await count("read", [1, 2]), 1);
    assert.equal(await count("unread", [1]), 2);
    assert.equal(await count("archive", [1]), 1);
    assert.equal(await count("unarchive", [1]), 2);
    assert.equal(await count("delete", [1]), 1);
  });
});
