import assert from "node:assert/strict";
import { Device } from "../../../drivers/device.ts";
import { RawSocket } from "../../../drivers/raw_socket.ts";
import { refuses } from "../../../drivers/refusal.ts";
import type { Published } from "../../../drivers/service.ts";
import { onBoth, publishMany, type Scenario, seqOf } from "./scenario.ts";

/** Many publishes at once, repeated ones, and large ones. */
export const publishing: readonly Scenario[] = [
  {
    name:
      "concurrent_publish_offsets: what is published at the same time is numbered without a gap",
    async play(stage) {
      const user = "concurrent";
      await using open = new AsyncDisposableStack();
      const devices = await onBoth(stage, user, 6, open);
      const published = await publishMany(stage, { user, count: 600 });
      const places = published.map((one) => ({ seq: seqOf(one), id: one.id }))
        .sort((a, b) => a.seq - b.seq);
      assert.deepEqual(places.map(({ seq }) => seq), Array.from({ length: 600 }, (_, i) => i + 1));
      for (const device of devices) {
        await device.reaches(600);
        assert.deepEqual(device.notified.map(({ seq, id }) => ({ seq, id })), places);
      }
    },
  },
  {
    name: "idempotent_publish: calls with one key at both instances at once publish once",
    async play({ left, right }) {
      const user = "idempotent";
      await using device = await Device.connect(left, user);
      const ids: string[] = [];
      const statuses = new Map<number, number>();
      for (let i = 0; i < 30; i++) {
        const headers = { "idempotency-key": `key ${i}` };
        const body = { to: { user }, title: `Number ${i}` };
        const answers = await Promise.all(
          Array.from({ length: 8 }, (_, j) => (j % 2 === 0 ? left : right).publish(body, headers)),
        );
        const seen = new Set<string>();
        for (const answer of answers) {
          const text = await answer.text();
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
          if (answer.status === 201) seen.add((JSON.parse(text) as Published).id);
          else assert.equal(answer.status, 409, text);
        }
        const repeats = await Promise.all(
          [left, right].map((service) => service.published(body, headers)),
        );
        for (const { id } of repeats) seen.add(id);
        assert.equal(seen.size, 1, "one key, several notifications");
        ids.push(...seen);
        const other = await right.publish({ ...body, title: "Another" }, headers);
        await refuses(other, [422, "idempotency_conflict"]);
      }
      assert((statuses.get(201) ?? 0) >= 30);
      const after = seqOf(await right.published({ to: { user }, title: "Afterwards" }));
      assert.equal(after, 31);
      await device.reaches(after);
      assert.deepEqual(device.notified.slice(0, -1).map(({ id }) => id), ids);
    },
  },
  {
    name:
      "multi_conn_same_user: all connections of a user see the same, and only so many are let in",
    async play(stage) {
      const user = "everywhere";
      await using open = new AsyncDisposableStack();
      const devices = await onBoth(stage, user, 60, open);
      const published = await publishMany(stage, { user, count: 100 });
      const ids = published.sort((a, b) => seqOf(a) - seqOf(b)).map(({ id }) => id);
      await Promise.all(devices.map((device) => device.reaches(100)));
      for (const device of devices) {
        assert.deepEqual(device.notified.map(({ id }) => id), ids);
        assert.equal(device.counts.unread, 100);
      }
      for (let i = 0; i < 20; i++) open.use(await Device.connect(stage.left, user));
      await using tooMany = await RawSocket.open(stage.left.streamUrl);
      await tooMany.send({ type: "hello", token: await stage.left.token(user) });
      const { code, disconnect } = await tooMany.closedByServer();
      assert.deepEqual([code, disconnect?.["reconnect"]], [4504, false]);
      assert(devices.every(({ isOpen }) => isOpen));
      assert.equal((await stage.right.presence(user)).instances, 2);
    },
  },
  {
    name: "large_payloads: what is too large to travel as mail arrives whole, and in order",
    async play(stage) {
      const user = "large";
      await using open = new AsyncDisposableStack();
      const devices = await onBoth(stage, user, 4, open);
      const more = { body: "ä".repeat(4_000), icon: "ö".repeat(4_000), data: "x".repeat(16_000) };
      await publishMany(stage, { user, count: 40, more });
      const tooLarge = { to: { user }, title: "Too large", ...more, data: "€".repeat(15_000) };
      await refuses(await stage.left.publish(tooLarge), [400, "invalid_request"]);
      const beyond = { ...more, url: "/" + "ü".repeat(3_999), image: "€".repeat(4_000) };
      await refuses(
        await stage.right.publish({ to: { user }, title: "Beyond", ...beyond }),
        [413, "payload_too_large"],
      );
      await Promise.all(devices.map((device) => device.reaches(40)));
      for (const device of devices) {
        assert.equal(device.notified.length, 40);
        await device.equalsInbox();
      }
      await using late = await Device.connect(stage.right, user);
      assert(late.items.length > 0 && late.items.length < 40);
      assert.equal(late.counts.unread, 40);
    },
  },
];
