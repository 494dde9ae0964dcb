import assert from "node:assert/strict";
import { Device } from "../../../drivers/device.ts";
import { eventually } from "../../../drivers/deadline.ts";
import { RawSocket } from "../../../drivers/raw_socket.ts";
import type { Service } from "../../../drivers/service.ts";
import { onBoth, publishMany, type Scenario, seqOf, type Stage } from "./scenario.ts";

const KIB = 1024;

/** A connection that is up to date and obeys nobody. */
async function greeted(service: Service, user: string): Promise<RawSocket> {
  const socket = await RawSocket.open(service.streamUrl);
  await socket.send({ type: "hello", token: await service.token(user) });
  await socket.message(({ type }) => type === "reset" || type === "caughtUp");
  return socket;
}

async function closes(socket: RawSocket, code: number): Promise<void> {
  const ended = await socket.closedByServer();
  assert.equal(ended.code, code, ended.reason);
  assert.equal(ended.disconnect?.["reconnect"], code < 4500);
}

/** Devices of the same user on both instances, to whom nothing of what happens may matter. */
async function unaffected(
  stage: Stage,
  user: string,
  play: (service: Service) => Promise<void>,
): Promise<void> {
  await using open = new AsyncDisposableStack();
  const devices = await onBoth(stage, user, 4, open);
  for (const service of [stage.left, stage.right]) await play(service);
  const last = Math.max(...(await publishMany(stage, { user, count: 20 })).map(seqOf));
  for (const device of devices) {
    await device.reaches(last);
    assert.equal(device.notified.length, last);
    assert(device.isOpen);
  }
}

/** Clients that do what they must not, or not what they must. */
export const badClients: readonly Scenario[] = [
  {
    name: "malformed_protocol: whoever does not speak it is closed with 4501, and nobody else is",
    play: (stage) =>
      unaffected(stage, "malformed", async (service) => {
        const noJson = ["", "{", "hello", "[".repeat(10_000), new Uint8Array([1, 2, 3])];
        for (const frame of noJson) {
          await using socket = await greeted(service, "malformed");
          await socket.send(frame);
          await closes(socket, 4501);
        }
        for (const first of [{ type: "pong" }, { type: "nonsense" }, 7, null, {}]) {
          await using socket = await RawSocket.open(service.streamUrl);
          await socket.send(JSON.stringify(first));
          await closes(socket, 4501);
        }
        await using twice = await greeted(service, "malformed");
        await twice.send({ type: "hello", token: await service.token("malformed") });
        await closes(twice, 4501);
      }),
  },
  {
    name: "stale_connection: whoever never says hello is closed with 4009",
    async play({ left, right }) {
      const authorization = `Bearer ${await left.token("stale")}`;
      await using silent = await RawSocket.open(left.streamUrl);
      await using named = await RawSocket.open(right.streamUrl, { headers: { authorization } });
      await Promise.all([closes(silent, 4009), closes(named, 4009)]);
      assert.equal((await left.presence("stale")).online, false);
    },
  },
  {
    name: "oversized_frame: a frame above 64 KiB is closed with 4509, one of 64 KiB is not",
    play: (stage) =>
      unaffected(stage, "oversized", async (service) => {
        await using fine = await greeted(service, "oversized");
        const frame = { type: "nonsense", ref: 1, pad: "" };
        frame.pad = "x".repeat(64 * KIB - JSON.stringify(frame).length);
        await fine.send(frame);
        await fine.message(({ type, ref }) => type === "error" && ref === 1);
        for (const bytes of [64 * KIB + 1, 5_000 * KIB]) {
          await using socket = await greeted(service, "oversized");
          await socket.send("x".repeat(bytes));
          await closes(socket, 4509);
        }
      }),
  },
  {
    name: "slow_client: one that stops reading holds up nobody, and has everything once it reads",
    async play(stage) {
      const user = "slow";
      await using open = new AsyncDisposableStack();
      const devices = await onBoth(stage, user, 6, open);
      const slow = open.use(await Device.connect(stage.right, user));
      slow.pause();
      const more = { data: "x".repeat(16_000) };
      // Both systems take some megabytes before anything is left to wait.
      const last = await eventually(async () => {
        const published = await publishMany(stage, { user, count: 40, more });
        const isParked = await stage.right.metric("bellwire_parked_connections") === 1;
        return isParked && Math.max(...published.map(seqOf));
      }, "the slow device to be parked");
      await Promise.all(devices.map((device) => device.reaches(last)));
      assert((slow.cursor?.seq ?? 0) < last);
      slow.resume();
      await slow.reaches(last, 60_000);
      const seqs = Array.from({ length: last }, (_, i) => i + 1);
      for (const device of [slow, ...devices]) {
        assert.deepEqual(device.notified.map(({ seq }) => seq), seqs);
      }
      assert(slow.notified.some(({ live }) => !live), "it was never behind");
    },
  },
  {
    name:
      "no_pong: whoever answers no ping is closed with 4012, and has everything once it is back",
    async play(stage) {
      const user = "mute";
      const { left, right } = stage;
      await using mute = await Device.connect(left, user, { mute: true });
      await using other = await Device.connect(right, user);
      const { code, disconnect } = await mute.closedByServer();
      assert.deepEqual([code, disconnect?.["reconnect"]], [4012, true]);
      const last = Math.max(...(await publishMany(stage, { user, count: 20 })).map(seqOf));
      mute.moveTo(right);
      await mute.connect();
      for (const device of [mute, other]) {
        await device.reaches(last);
        assert.equal(device.notified.length, last);
      }
    },
  },
];
