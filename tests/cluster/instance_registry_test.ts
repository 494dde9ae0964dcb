import assert from "node:assert/strict";
import { InstanceRegistry, type PeerChange } from "../../src/cluster/instance_registry.ts";
import { ErrorReports } from "../../src/feeds/error_reports.ts";
import { Feed } from "../../src/feeds/feed.ts";
import { keys, ranges } from "../../src/store/keys.ts";
import type { KvCommitted, KvOperation } from "../../src/kv/kv.ts";
import { unexpected } from "../fakes/error_reports.ts";
import { MemoryKv } from "../fakes/memory_kv.ts";
import { settle, VirtualClock } from "../fakes/virtual_clock.ts";

/** A KV on which leases can be hard to have. */
class Reluctant extends MemoryKv {
  /** Fails those commits that take a lease which is not there yet. */
  refusing = false;
  /** What commits that write a lease wait for. */
  held: Promise<void> | undefined;

  override async commit(operation: KvOperation): Promise<KvCommitted> {
    const takes = operation.checks.some(({ key, versionstamp }) =>
      key[0] === "instance" && versionstamp === null
    );
    if (this.refusing && takes) throw new Error("The KV is away");
    const writes = operation.mutations.some(({ kind, key }) =>
      kind === "set" && key[0] === "instance"
    );
    if (writes) await this.held;
    return await super.commit(operation);
  }
}

let made = 0;

function create(kv: MemoryKv, clock: VirtualClock) {
  const rejoined: string[] = [];
  const ids = new Feed<string>(unexpected);
  ids.subscribe((id) => rejoined.push(id));
  const changes: PeerChange[] = [];
  const peers = new Feed<PeerChange>(unexpected);
  peers.subscribe((change) => changes.push(change));
  const registry = new InstanceRegistry({
    kv,
    clock,
    newId: () => `instance-${made++}`,
    instance: `instance-${made++}`,
    rejoined: ids,
    peers,
    reports: new ErrorReports((failure) => failure.job === "lease" || unexpected(failure), clock),
  });
  return { registry, rejoined, changes };
}

Deno.test("an instance that is rejoined while the KV fails has no new id until it has a lease", async () => {
  const kv = new Reluctant();
  const clock = new VirtualClock();
  const { registry, rejoined } = create(kv, clock);
  await registry.start();
  const first = registry.id;

  await kv.commit({ checks: [], mutations: [{ kind: "delete", key: keys.instance(first) }] });
  kv.refusing = true;
  await clock.advance(10_000);
  assert.equal(registry.id, first);
  assert.deepEqual(rejoined, []);

  kv.refusing = false;
  await clock.advance(10_000);
  assert.deepEqual(rejoined, [registry.id]);
  assert.notEqual(registry.id, first);
  assert.notEqual((await kv.get(keys.instance(registry.id))).value, null);
  assert.equal((await kv.get(keys.instance(first))).value, null);
  await registry.stop();
});

Deno.test("an instance that stops while it renews its lease leaves none behind", async () => {
  const kv = new Reluctant();
  const clock = new VirtualClock();
  const { registry, rejoined } = create(kv, clock);
  await registry.start();

  const { promise, resolve } = Promise.withResolvers<void>();
  kv.held = promise;
  await clock.advance(2_000);
  const stopped = registry.stop();
  await settle();
  resolve();
  await stopped;
  await clock.advance(10_000);
  assert.deepEqual(await kv.list(ranges.instances(), { limit: 10 }), []);
  assert.deepEqual(rejoined, []);
});

Deno.test("an instance tells who came, who left, and whom it has given up itself", async () => {
  const kv = new MemoryKv();
  const clock = new VirtualClock();
  const first = create(kv, clock);
  await first.registry.start();
  const second = create(kv, clock);
  await second.registry.start();
  await clock.advance(2_000);
  assert.deepEqual(first.changes, [{ id: second.registry.id, change: "joined" }]);
  assert.deepEqual(second.changes, [{ id: first.registry.id, change: "joined" }]);

  await second.registry.stop();
  await clock.advance(2_000);
  assert.deepEqual(first.changes.slice(1), [{ id: second.registry.id, change: "left" }]);

  // One that dies leaves its lease behind, which stands still.
  const dead = { key: keys.instance("dead"), value: new Uint8Array([1]) };
  await kv.commit({ checks: [], mutations: [{ kind: "set", ...dead }] });
  await clock.advance(14_000);
  assert.deepEqual(first.changes.slice(2), [
    { id: "dead", change: "joined" },
    { id: "dead", change: "evicted" },
  ]);
  await first.registry.stop();
});
