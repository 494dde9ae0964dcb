// long: workers are given up after many tries
import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "../drivers/deadline.ts";
import { Device } from "../drivers/device.ts";
import { Service } from "../drivers/service.ts";
import { reconcile } from "../drivers/steady_publisher.ts";
import { StubbornPublisher } from "../drivers/stubborn_publisher.ts";

const FRAGILE = "tests/drivers/fragile/main.ts";
const DEVICES = 12;

/** How often something is in the log. */
function logged(service: Service, event: string): number {
  return service.output.log.filter((line) => line.event === event).length;
}

/** A device that comes back whenever it is cut off, until it is told to stay away. */
function comingBack(device: Device): { stayAway(): Promise<void> } {
  let stays = false;
  const coming = (async () => {
    for (;;) {
      await device.ended;
      if (stays) return;
      // Nobody may take it yet, or one that is about to die.
      await device.connect().catch(() => {});
    }
  })();
  return {
    async stayAway() {
      stays = true;
      await device.close();
      await coming;
    },
  };
}

/** One worker dies, and another one takes its place. */
async function crash(service: Service, way: string): Promise<void> {
  const crashes = logged(service, "worker.crashed");
  const answer = await service.fetch(`/crash/${way}`);
  assert.equal(await answer.text(), "It will");
  await eventually(
    () => logged(service, "worker.restarted") > crashes,
    () => `another worker\n${service.output.text}`,
  );
  assert.equal(logged(service, "worker.crashed"), crashes + 1);
}

Deno.test("a worker that crashes is replaced, and nothing that was acknowledged is lost", async (t) => {
  await using service = await Service.start({
    env: { BELLWIRE_WORKERS: "2", BELLWIRE_INBOX_MAX: "10000", BELLWIRE_MAX_CONNECTIONS: "13" },
    program: FRAGILE,
  });
  for (const [way, user] of [["throw", "ada"], ["throw", "bob"]] as const) {
    await t.step(`${user} misses nothing`, async () => {
      await using open = new AsyncDisposableStack();
      const devices: Device[] = [];
      for (let i = 0; i < DEVICES; i++) {
        devices.push(open.use(await Device.connect(service, user)));
      }
      const coming = devices.map(comingBack);
      const publisher = new StubbornPublisher(service, user, 4);
      try {
        await Promise.all(devices.map((device) => device.reaches(50)));
        await crash(service, way);
        await service.connections(DEVICES, 40_000);
      } finally {
        await publisher.stop();
      }
      await reconcile(devices, publisher.acknowledged, service);
      // What the dead one held is free again, and no more than that.
      assert.equal(await service.metric("bellwire_connected_users"), 1);
      assert.equal(await service.metric("bellwire_connections"), DEVICES);
      const last = open.use(await Device.connect(service, "someone"));
      await using extra = new Device(service, "someone");
      await extra.open();
      assert.equal((await extra.closedByServer()).code, 4014);
      await last.close();
      const ready = await service.fetch("/ready");
      assert.equal(ready.status, 200, await ready.text());
      for (const { stayAway } of coming) await stayAway();
      await service.connections(0);
    });
  }
  assert.equal(await service.stop(), 0);
});

Deno.test("/ready says that a worker is missing while it is; a process whose workers keep crashing ends", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
  try {
    const doom = join(folder, "doom");
    await using service = await Service.start({
      env: { BELLWIRE_WORKERS: "2", BELLWIRE_TEST_DOOMED: doom },
      program: FRAGILE,
    });
    const answer = await service.fetch("/crash/throw");
    await answer.body?.cancel();
    // A call may still meet the worker that is dying, and get no answer.
    const ready = async () => {
      try {
        const answer = await service.fetch("/ready");
        return { status: answer.status, text: await answer.text() };
      } catch {
        return undefined;
      }
    };
    const missing = await eventually(
      async () => {
        const answer = await ready();
        return answer?.status === 503 && answer;
      },
      "/ready to say so",
    );
    assert.match(missing.text, /worker/);
    await eventually(async () => (await ready())?.status === 200, "/ready to be fine again");

    // From now on whatever is started crashes.
    await Deno.writeTextFile(doom, "");
    assert.equal(await service.gone(90_000), 1);
    const events = service.output.log.map(({ event }) => event);
    assert(events.includes("service.given_up"), service.output.text);
    // The pauses grow: else there would be hundreds.
    assert(logged(service, "worker.crashed") <= 12, service.output.text);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a process ends with an error where a worker is stuck, and has kept everything", async () => {
  await using service = await Service.start({ env: { BELLWIRE_WORKERS: "2" }, program: FRAGILE });
  await using device = await Device.connect(service, "ada");
  const publisher = new StubbornPublisher(service, "ada", 2);
  await device.reaches(50);
  await publisher.stop();
  const answer = await service.fetch("/crash/hang");
  assert.equal(await answer.text(), "It will");
  assert.equal(await service.gone(60_000), 1);
  const { log } = service.output;
  assert(log.some(({ event, error }) => event === "service.given_up" && error === "WorkerSilent"));
  await service.restart();
  await device.connect();
  await reconcile([device], publisher.acknowledged, service);
});
