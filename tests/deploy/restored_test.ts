import assert from "node:assert/strict";
import { join } from "node:path";
import { backUp, putBack } from "../drivers/backup.ts";
import { within } from "../drivers/deadline.ts";
import { DenokvServer } from "../drivers/denokv_server.ts";
import { Device } from "../drivers/device.ts";
import { findDenokv } from "../drivers/find_programs.ts";
import { Service } from "../drivers/service.ts";
import { Together } from "../drivers/together.ts";
import { ROOT } from "../drivers/paths.ts";

const denokv = findDenokv();

/** Runs `deno task restored` as an operator does. */
async function restored(env: Record<string, string>) {
  const { code, stdout, stderr } = await within(
    new Deno.Command(Deno.execPath(), { args: ["task", "restored"], env, cwd: ROOT }).output(),
    "deno task restored",
    60_000,
  );
  const text = new TextDecoder();
  return { code, text: text.decode(stdout) + text.decode(stderr) };
}

async function publish(service: Service, titles: readonly string[]): Promise<void> {
  for (const title of titles) await service.published({ to: { user: "ada" }, title });
}

/** A device that was further than the backup comes back, after as much was published again. */
async function startsOver(device: Device, service: Service): Promise<void> {
  const old = device.cursor?.seq ?? assert.fail("it had a cursor");
  await publish(service, ["Anew 1", "Anew 2", "Anew 3"]);
  await device.connect();
  const reset = await device.message("reset");
  assert.equal(reset["reason"], "epoch");
  // By its number alone the cursor would have been as good as any.
  assert(old < (device.cursor?.seq ?? 0));
  assert.deepEqual(device.items.map(({ title }) => title), [
    "Anew 3",
    "Anew 2",
    "Anew 1",
    "Kept 2",
    "Kept 1",
  ]);
  await device.equalsInbox();
  await publish(service, ["Live"]);
  await device.reaches(6);
}

Deno.test("a device that was ahead of a restored file starts over, and misses nothing", async () => {
  await using service = await Service.start();
  const file = join(service.folder, "bellwire.db");
  const copy = join(service.folder, "copy.db");
  await using device = await Device.connect(service, "ada");
  await publish(service, ["Kept 1", "Kept 2"]);
  backUp(file, copy);
  await publish(service, ["Lost 1", "Lost 2"]);
  await device.reaches(4);

  const early = await restored(service.environment());
  assert.equal(early.code, 1, early.text);
  assert.match(early.text, /already uses/);

  await service.kill();
  await device.ended;
  await putBack(file, copy);
  const { code, text } = await restored(service.environment());
  assert.equal(code, 0, text);
  await service.restart();
  await startsOver(device, service);
});

Deno.test({
  name: "the same on a denokv server, whose instances all have to be stopped for it",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 2);
    const [left, right] = together.instances as [Service, Service];
    const env = { ...left.environment(), ...server.environment };
    const copy = join(left.folder, "copy.sqlite");
    await using device = await Device.connect(left, "ada");
    await publish(right, ["Kept 1", "Kept 2"]);
    backUp(server.file, copy);
    await publish(right, ["Lost 1", "Lost 2"]);
    await device.reaches(4);

    await left.stop();
    await device.ended;
    const early = await restored(env);
    assert.equal(early.code, 1, early.text);
    assert.match(early.text, /stop all of them/);

    await right.stop();
    await server.kill();
    await putBack(server.file, copy);
    await server.restart();
    // The leases of both are in the backup, and stand still now.
    const { code, text } = await restored(env);
    assert.equal(code, 0, text);
    await left.restart();
    await right.restart();
    device.moveTo(right);
    await startsOver(device, left);
  },
});

Deno.test("where there is no database nothing is made, and it says where to look", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "bellwire.db");
    const { code, text } = await restored({ BELLWIRE_KV: path });
    assert.equal(code, 1, text);
    assert.match(text, /BELLWIRE_KV/);
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
