import assert from "node:assert/strict";
import { join } from "node:path";
import { Device } from "../drivers/device.ts";
import { Service } from "../drivers/service.ts";

const USERS = Array.from({ length: 1_000 }, (_, i) => `user-${i}`);

Deno.test("who repeats a publish that kill -9 cut short need not wait for a lease to run out", async () => {
  await using service = await Service.start({ env: { BELLWIRE_WORKERS: "2" } });
  await using first = await Device.connect(service, "user-0");
  const publication = { to: { users: USERS }, title: "Cut short" };
  const headers = { "idempotency-key": "cut-short" };
  // Its first part has just been written when the process dies; there are a hundred more.
  const cut = service.publish(publication, headers).then((answer) => answer.text(), () => "cut");
  await first.reaches(1);
  await service.kill();
  await cut;
  assert.equal(await recordedState(service), "running", "it had been over already");

  await service.restart();
  const { deliveries } = await service.published(publication, headers);
  assert.equal(deliveries.length, USERS.length);
  for (const user of ["user-0", "user-500", "user-999"]) {
    assert.deepEqual((await service.inbox(user)).map(({ title }) => title), ["Cut short"], user);
  }
});

Deno.test("nobody counts as online because of what a killed process left behind", async () => {
  await using service = await Service.start({ env: { BELLWIRE_WORKERS: "2" } });
  await using _device = await Device.connect(service, "ada");
  assert.equal((await service.presence("ada")).online, true);
  await service.kill();
  await service.restart();
  assert.deepEqual(await service.presence("ada"), { online: false, instances: 0 });
});

/** What the stopped service has noted of the one call with an idempotency key. */
async function recordedState(service: Service): Promise<string> {
  using kv = await Deno.openKv(join(service.folder, "bellwire.db"));
  for await (const { value } of kv.list<Uint8Array>({ prefix: ["idempotency"] })) {
    return JSON.parse(new TextDecoder().decode(value)).state;
  }
  return "none";
}
