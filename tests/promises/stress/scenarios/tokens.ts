import assert from "node:assert/strict";
import { Device } from "../../../drivers/device.ts";
import { publishMany, type Scenario, seqOf } from "./scenario.ts";

/** Tokens that end while their connections are live. */
export const tokens: readonly Scenario[] = [
  {
    name: "expired_connection: it ends with 4003 with its token, and a new one misses nothing",
    async play(stage) {
      const user = "expired";
      await using device = await Device.connect(stage.left, user, { wishes: { ttl: 6 } });
      await publishMany(stage, { user, count: 10 });
      await device.reaches(10);
      const { code, disconnect } = await device.closedByServer();
      assert.deepEqual([code, disconnect?.["reconnect"]], [4003, true]);
      await publishMany(stage, { user, count: 10 });
      // It takes a new token each time it connects.
      device.moveTo(stage.right);
      await device.connect();
      await device.reaches(20);
      const seqs = device.notified.map(({ seq }) => seq);
      assert.deepEqual(seqs, Array.from({ length: 20 }, (_, i) => i + 1));
      assert(device.notified.slice(10).every(({ live }) => !live));
    },
  },
  {
    name: "refresh_connection: a new token in time keeps the connection",
    async play(stage) {
      const user = "refreshed";
      const { left, right } = stage;
      await using device = await Device.connect(left, user, { wishes: { ttl: 6 } });
      await using witness = await Device.connect(right, user, { wishes: { ttl: 8 } });
      await device.send({ type: "refresh", ref: 1, token: await left.token(user) });
      await device.message(({ type, ref }) => type === "ok" && ref === 1);
      // The witness ends after the device would have.
      assert.equal((await witness.closedByServer()).code, 4003);
      const last = Math.max(...(await publishMany(stage, { user, count: 20 })).map(seqOf));
      await device.reaches(last);
      assert(device.isOpen);
      assert.equal(device.notified.length, last);
    },
  },
];
