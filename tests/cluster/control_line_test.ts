import assert from "node:assert/strict";
import { Cluster } from "../../src/cluster/cluster.ts";
import { type Control, ControlLine } from "../../src/cluster/control_line.ts";
import { InstanceRegistry, type PeerChange } from "../../src/cluster/instance_registry.ts";
import { envelopeRows } from "../../src/cluster/remote_envelope.ts";
import { utf8 } from "../../src/store/codec/bytes.ts";
import { keys, ranges } from "../../src/store/keys.ts";
import type { KeyWatcher, KvOperation } from "../../src/kv/kv.ts";
import { createNewId } from "../../src/encoding/uuid_v7.ts";
import { Feed } from "../../src/feeds/feed.ts";
import { ErrorReports } from "../../src/feeds/error_reports.ts";
import { noReports, unexpected } from "../fakes/error_reports.ts";
import { MemoryKv } from "../fakes/memory_kv.ts";
import { FlakyWatchKv } from "../fakes/flaky_watch_kv.ts";
import { SeededRandom } from "../simulation/support/seeded_random.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";

const PATIENCE = { withinMs: 60_000 };
const SILENT: KeyWatcher = { watch: () => ({ stop() {} }) };

function message(value: string): Control {
  return { kind: "revoked", revocation: { kind: "jti", value, until: 1 } };
}

/** One instance that does nothing but hear. */
interface Listening {
  readonly cluster: Cluster;
  readonly control: ControlLine;
  readonly heard: string[];
  looks: number;
}

class World {
  readonly clock = new VirtualClock();
  readonly memory = new MemoryKv({ now: () => this.clock.now() });
  readonly troubles: unknown[] = [];
  readonly #watched = new FlakyWatchKv(this.memory, {
    clock: this.clock,
    random: new SeededRandom(7),
  });
  readonly newId = createNewId({ now: () => this.clock.now() });

  /** Starts an instance; `keyWatcher` is how it is woken. */
  async start(keyWatcher: KeyWatcher = this.#watched): Promise<Listening> {
    const { clock, newId } = this;
    const heard: string[] = [];
    const kv = this.#watched;
    const reports = new ErrorReports(({ cause }) => this.troubles.push(cause), clock);
    const rejoined = new Feed<string>(unexpected);
    const peers = new Feed<PeerChange>(unexpected);
    const registry = new InstanceRegistry({
      kv,
      clock,
      newId,
      instance: newId(),
      reports,
      rejoined,
      peers,
    });
    const control = new ControlLine({ kv, clock, newId, registry, reports });
    const cluster = new Cluster({
      kv,
      keyWatcher,
      clock,
      registry,
      control,
      journal: undefined as never,
      heads: undefined as never,
      feeds: { rejoined, reports },
    });
    const listening: Listening = { cluster, control, heard, looks: 0 };
    const start = cluster.start({
      followed: () => [],
      isFollowed: () => false,
      deliver() {},
      lookAgain() {},
      expect() {},
    }).then(() =>
      control.start({
        handlers: { revoked: ({ revocation }) => heard.push(revocation.value) },
        readStored: () => {
          listening.looks++;
          return Promise.resolve();
        },
      })
    );
    await clock.until(start, PATIENCE);
    return listening;
  }

  async tell(from: Listening, value: string, operation?: KvOperation): Promise<boolean> {
    const told = from.control.tell([message(value)], operation);
    return (await this.clock.until(told, PATIENCE)).ok;
  }

  /** Stops them; nothing may be left of the mail. */
  async stop(...all: Listening[]): Promise<void> {
    for (const { cluster, control } of all) {
      control.stop();
      await this.clock.until(cluster.stop(), PATIENCE);
    }
    for (const { cluster } of all) {
      const { id } = cluster.registry;
      assert.deepEqual(await this.memory.list(ranges.mail(id), { limit: 10 }), []);
    }
    assert.deepEqual(this.troubles, []);
  }
}

Deno.test("what instances tell is heard once by all, themselves included, in the order of each teller", async () => {
  const world = new World();
  const all = [await world.start(), await world.start(), await world.start()] as const;
  for (let i = 0; i < 20; i++) await world.tell(all[i % 3] as Listening, `${i}`);
  await world.clock.advance(12_000);
  for (const { heard } of all) {
    for (let teller = 0; teller < 3; teller++) {
      const own = heard.filter((value) => Number(value) % 3 === teller).map(Number);
      assert.deepEqual(own, own.toSorted((a, b) => a - b));
    }
    assert.equal(new Set(heard).size, 20);
    assert.equal(heard.length, 20);
  }
  await world.stop(...all);
});

Deno.test("an instance whose watch is silent hears within twelve seconds", async () => {
  const world = new World();
  const [speaker, deaf] = [await world.start(), await world.start(SILENT)];
  await world.tell(speaker, "a");
  await world.clock.advance(12_000);
  assert.deepEqual(deaf.heard, ["a"]);
  await world.stop(speaker, deaf);
});

Deno.test("what is told is stored in the same commit, and neither happens where a check fails", async () => {
  const world = new World();
  const [speaker, other] = [await world.start(), await world.start()];
  await world.clock.advance(2_000);
  const key = keys.revoked("jti", "x");
  const set = { kind: "set", key, value: utf8("1") } as const;
  const checks = [{ key, versionstamp: null }];
  assert.equal(await world.tell(speaker, "first", { checks, mutations: [set] }), true);
  const last = world.memory.history.find(({ mutations }) =>
    mutations.some(({ key: [k] }) => k === "revoked")
  );
  assert.equal(last?.mutations.filter(({ key: [kind] }) => kind === "mail").length, 1);
  assert.equal(await world.tell(speaker, "second", { checks, mutations: [set] }), false);
  await world.clock.advance(12_000);
  assert.deepEqual([speaker.heard, other.heard], [["first"], ["first"]]);
  await world.stop(speaker, other);
});

Deno.test("an instance that others have not seen yet is told too", async () => {
  const world = new World();
  const speaker = await world.start();
  // The speaker looks at the leases every two seconds, and this one takes its own in between.
  const newcomer = await world.start();
  assert(!speaker.cluster.registry.live.has(newcomer.cluster.registry.id));
  await world.tell(speaker, "a");
  await world.clock.advance(12_000);
  assert.deepEqual(newcomer.heard, ["a"]);
  await world.stop(speaker, newcomer);
});

Deno.test("an instance looks for itself once it is known, every twelve seconds, and after a rebirth", async () => {
  const world = new World();
  const instance = await world.start();
  assert.equal(instance.looks, 1);
  await world.clock.advance(12_000);
  assert.equal(instance.looks, 2);
  const key = keys.instance(instance.cluster.registry.id);
  await world.memory.commit({ checks: [], mutations: [{ kind: "delete", key }] });
  await world.clock.advance(3_000);
  assert.notDeepEqual(keys.instance(instance.cluster.registry.id), key, "it was not reborn");
  assert.equal(instance.looks, 3);
  await world.stop(instance);
});

Deno.test("a message of a kind that an instance does not know is passed over", async () => {
  const world = new World();
  const [speaker, other] = [await world.start(), await world.start()];
  const control = [{ kind: "constructor" }, { kind: "of the future", x: 1 }, message("known")];
  const content = utf8(JSON.stringify({ news: [], look: [], control }));
  const mail = envelopeRows({ to: other.cluster.registry.id, id: world.newId(), content });
  await world.memory.commit({ checks: [], mutations: mail });
  await world.clock.advance(12_000);
  assert.deepEqual(other.heard, ["known"]);
  await world.stop(speaker, other);
});

Deno.test("an instance that is alone hears itself and writes no mail", async () => {
  const kv = new MemoryKv();
  const heard: string[] = [];
  const lone = new ControlLine({
    kv,
    clock: new VirtualClock(),
    newId: createNewId(),
    registry: undefined,
    reports: noReports,
  });
  await lone.start({
    handlers: { revoked: ({ revocation }) => heard.push(revocation.value) },
    readStored: () => Promise.resolve(),
  });
  const set = { kind: "set", key: keys.revocations(), value: utf8("1") } as const;
  await lone.tell([message("a")], { checks: [], mutations: [set] });
  assert.deepEqual(heard, ["a"]);
  assert.deepEqual(kv.history.map(({ mutations }) => mutations), [[set]]);
});
