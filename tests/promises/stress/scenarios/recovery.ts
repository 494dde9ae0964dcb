import assert from "node:assert/strict";
import { Crowd, usersNamed } from "../../../drivers/crowd.ts";
import { Device } from "../../../drivers/device.ts";
import { reconcileAll } from "../../../drivers/reconciliation.ts";
import { RetryingPublisher } from "../../../drivers/retrying_publisher.ts";
import { publishMany, type Scenario, seqOf, type Stage } from "./scenario.ts";

const STORMS = 3;
const RECONNECTS = 15;

/** Devices that come back again and again while others publish. */
export const recovery: readonly Scenario[] = [
  {
    name:
      "recovery_storm: when all devices are cut off at once, all come back and have missed nothing",
    async play({ left, right }) {
      const instances = [left, right];
      const users = usersNamed("storm", 50);
      await using crowd = await Crowd.gather(instances, { users, each: 6 });
      const publisher = new RetryingPublisher(instances, { users, perSecond: 200 });
      try {
        for (let storm = 0; storm < STORMS; storm++) {
          await publisher.acknowledges(100);
          await Promise.all(crowd.devices.map((device) => device.drop()));
          await crowd.isBack();
        }
      } finally {
        await publisher.stop();
      }
      const tally = await reconcileAll({ crowd, publishers: [publisher], instances });
      assert.equal(tally.shown, tally.deliveries * 6);
      assert(crowd.connections >= crowd.devices.length * (1 + STORMS));
    },
  },
  {
    name: "recovery_reconnect: a device that reconnects all the time misses nothing in between",
    async play({ left, right }) {
      const instances = [left, right];
      const users = usersNamed("reconnect", 4);
      await using crowd = await Crowd.gather(instances, { users, each: 2 });
      const publisher = new RetryingPublisher(instances, { users, perSecond: 200 });
      try {
        for (let round = 0; round < RECONNECTS; round++) {
          await Promise.all(crowd.devices.map((device) => device.drop()));
          await publisher.acknowledges(20);
          await crowd.isBack();
        }
      } finally {
        await publisher.stop();
      }
      const tally = await reconcileAll({ crowd, publishers: [publisher], instances });
      assert.equal(tally.shown, tally.deliveries * 2);
      assert(crowd.connections >= crowd.devices.length * (1 + RECONNECTS));
    },
  },
  {
    name: "unrecoverable_position: a cursor that leads nowhere starts over and says why",
    async play(stage) {
      const user = "unrecoverable";
      await using away = await Device.connect(stage.left, user);
      const { epoch } = away.cursor ?? assert.fail();
      await away.drop();
      // Each replaces the one before, which makes more changes than are kept.
      await publishMany(stage, { user, count: 80, more: { collapseKey: "state" } });
      const seq = seqOf(await stage.left.published({ to: { user }, title: "Last" }));
      const cursors = [
        { epoch, seq: 0, reason: "trimmed" },
        { epoch: `${epoch}x`, seq, reason: "epoch" },
        { epoch, seq: seq + 1, reason: "epoch" },
      ];
      for (const service of [stage.left, stage.right]) {
        for (const { reason, ...resume } of cursors) {
          await using device = new Device(service, user);
          await device.open({ resume });
          assert.equal((await device.message("reset"))["reason"], reason);
          await device.equalsInbox();
          assert.equal(device.items.length, 2);
        }
      }
      away.moveTo(stage.right);
      await away.connect();
      const next = seqOf(await stage.left.published({ to: { user }, title: "Afterwards" }));
      await away.reaches(next);
      await away.equalsInbox();
    },
  },
  {
    name: "cross_node_recovery: what a device missed on one instance it gets on the other",
    async play(stage) {
      const user = "crossing";
      await using device = await Device.connect(stage.left, user);
      const all: number[] = [];
      for (const service of [stage.right, stage.left, stage.right]) {
        await device.drop();
        const missed = await publishMany(stage, { user, count: 30 });
        device.moveTo(service);
        await device.connect();
        all.push(...missed.map(seqOf).sort((a, b) => a - b));
        assert.deepEqual(device.notified.map(({ seq }) => seq), all);
        assert(device.notified.slice(-30).every(({ live }) => !live));
        const live = seqOf(await stage.left.published({ to: { user }, title: "Live" }));
        await device.reaches(live);
        all.push(live);
      }
      assert.equal(all.length, 93);
      await device.equalsInbox();
    },
  },
  {
    name: "disconnect_during_resume: a device that is cut off in the middle goes on from there",
    async play(stage) {
      const user = "interrupted";
      await using device = await Device.connect(stage.left, user);
      await device.drop();
      const last = await publishLarge(stage, user, 400);
      let interruptions = 0;
      for (let turn = 0; (device.cursor?.seq ?? 0) < last; turn++) {
        device.moveTo(turn % 2 === 0 ? stage.right : stage.left);
        const before = device.cursor?.seq ?? 0;
        await device.open();
        await device.until(() => (device.cursor?.seq ?? 0) > before, "some of what it missed");
        if ((device.cursor?.seq ?? 0) < last) interruptions++;
        await device.drop();
      }
      assert(interruptions >= 3, `it was interrupted only ${interruptions} times`);
      await device.connect();
      const seqs = device.notified.map(({ seq }) => seq);
      assert.deepEqual(seqs, Array.from({ length: last }, (_, i) => i + 1));
      await device.equalsInbox();
    },
  },
];

/** More than one frame, one page or a socket's buffers hold. */
async function publishLarge(stage: Stage, user: string, count: number): Promise<number> {
  const more = { data: "x".repeat(12_000) };
  const published = await publishMany(stage, { user, count, more });
  return Math.max(...published.map(seqOf));
}
