import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeHead } from "../../../src/store/codec/head_codec.ts";
import { Device } from "../../drivers/device.ts";
import { Service } from "../../drivers/service.ts";

/** What a service has left in its file: how many rows of each kind, and all routes. */
async function remains(service: Service) {
  const rows = new Map<string, number>();
  const routes: string[] = [];
  using kv = await Deno.openKv(join(service.folder, "bellwire.db"));
  for await (const { key, value } of kv.list({ prefix: [] })) {
    const kind = String(key[0]);
    rows.set(kind, (rows.get(kind) ?? 0) + 1);
    if (kind === "head") routes.push(...decodeHead(value as Uint8Array).routes);
  }
  return { rows, routes };
}

/** Some use, and an end that leaves everything as it is. */
async function use(service: Service): Promise<void> {
  for (const user of ["ada", "bob"]) {
    await using device = await Device.connect(service, user);
    for (let seq = 1; seq <= 5; seq++) {
      await service.published({ to: { user }, title: `Number ${seq}` });
      await device.reaches(seq);
    }
  }
  await service.kill();
}

Deno.test("an instance that has its file to itself writes neither routes nor mail nor a lease", async () => {
  await using service = await Service.start();
  await use(service);
  const { rows, routes } = await remains(service);
  assert.equal(rows.get("head"), 3);
  assert.equal(rows.get("item"), 10);
  for (const kind of ["mail", "wake", "instance"]) assert.equal(rows.get(kind), undefined, kind);
  assert.deepEqual(routes, []);
});

Deno.test("workers that share a file write routes and leases", async () => {
  await using service = await Service.start({ env: { BELLWIRE_WORKERS: "2" } });
  await use(service);
  const { rows, routes } = await remains(service);
  assert.equal(rows.get("item"), 10);
  assert.equal(rows.get("instance"), 2);
  // Of each user, and of `everyone` from each worker that had one.
  assert(routes.length === 3 || routes.length === 4, `${routes.length} routes`);
});
