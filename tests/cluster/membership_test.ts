import assert from "node:assert/strict";
import { Membership } from "../../src/cluster/membership.ts";
import { keys } from "../../src/store/keys.ts";
import type { KvCommitted, KvOperation } from "../../src/store/kv.ts";
import { MemoryKv } from "../support/memory_kv.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

/** Fails those commits that take a lease which is not there yet. */
class Reluctant extends MemoryKv {
  refusing = false;

  override commit(operation: KvOperation): Promise<KvCommitted> {
    const takes = operation.checks.some(({ key, versionstamp }) =>
      key[0] === "instance" && versionstamp === null
    );
    return this.refusing && takes
      ? Promise.reject(new Error("The KV is away"))
      : super.commit(operation);
  }
}

Deno.test("an instance that is reborn while the KV fails has no new id until it has a lease", async () => {
  const kv = new Reluctant();
  const clock = new VirtualClock();
  const reborn: string[] = [];
  let ids = 0;
  const membership = new Membership({
    kv,
    clock,
    newId: () => `instance-${ids++}`,
    onReborn: (id) => reborn.push(id),
    onTrouble: () => {},
  });
  await membership.start();
  const first = membership.id;

  await kv.commit({ checks: [], mutations: [{ kind: "delete", key: keys.instance(first) }] });
  kv.refusing = true;
  await clock.advance(10_000);
  assert.equal(membership.id, first);
  assert.deepEqual(reborn, []);

  kv.refusing = false;
  await clock.advance(10_000);
  assert.deepEqual(reborn, [membership.id]);
  assert.notEqual(membership.id, first);
  assert.notEqual((await kv.get(keys.instance(membership.id))).value, null);
  assert.equal((await kv.get(keys.instance(first))).value, null);
  await membership.stop();
});
