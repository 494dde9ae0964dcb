import assert from "node:assert/strict";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { envelopeRows } from "../../src/cluster/remote_envelope.ts";
import { CloseCode } from "../../src/gateway/protocol/close_code.ts";
import { revokeUser } from "../../src/auth/revoked_tokens.ts";
import { utf8 } from "../../src/store/codec/bytes.ts";
import { ranges } from "../../src/store/keys.ts";
import type { Kv, KvMutation, KvOperation } from "../../src/kv/kv.ts";
import { revocationRows } from "../../src/auth/kv_revocations.ts";
import { withCommit } from "../../src/kv/wrap.ts";
import { GatewayWorld } from "../simulation/support/gateway_world.ts";
import { SeededRandom } from "../simulation/support/seeded_random.ts";
import { SimulatedDevice } from "../simulation/support/simulated_device.ts";

const decoder = new TextDecoder();

/** What another version could write in the place of mail; undefined leaves the mail as it is. */
type Rewrite = (mail: string) => string | undefined;

/** Stands for an instance of another version: it writes mail of its own kind. */
function otherVersion(kv: Kv, rewrite: () => Rewrite | undefined): Kv {
  const changed = (mutation: KvMutation): KvMutation => {
    if (mutation.kind !== "set" || mutation.key[0] !== "mail") return mutation;
    const mail = rewrite()?.(decoder.decode(mutation.value));
    return mail === undefined ? mutation : { ...mutation, value: utf8(mail) };
  };
  return withCommit(
    kv,
    ({ checks, mutations }) => kv.commit({ checks, mutations: mutations.map(changed) }),
  );
}

/** Two instances, of which the first one writes mail as `state.rewrite` says; a device on the other. */
async function open() {
  const state: { rewrite: Rewrite | undefined } = { rewrite: undefined };
  let opened = 0;
  const world = await GatewayWorld.open({
    clustered: 2,
    between: (kv) => opened++ === 0 ? otherVersion(kv, () => state.rewrite) : kv,
  });
  const device = new SimulatedDevice("ada", { world, random: new SeededRandom(1) });
  // Devices are spread in turns; this one has to be where the mail goes.
  device.connect({ instance: 1 });
  await world.clock.advance(100);
  const mailbox = async () => {
    const { registry } = world.instances[1]?.engine?.cluster as Cluster;
    return await world.memory.list(ranges.mail(registry.id), { limit: 100 });
  };
  return { world, state, device, mailbox };
}

function events(mail: string, change: (event: Record<string, unknown>) => void): string {
  const read = JSON.parse(mail) as { news: { events: Record<string, unknown>[] }[] };
  for (const { events } of read.news) events.forEach(change);
  return JSON.stringify(read);
}

const VERSIONS: Readonly<Record<string, Rewrite>> = {
  "an event of a kind that it does not know": (mail) =>
    events(mail, (event) => event["kind"] = "poll"),
  "a notification that holds its item in another way": (mail) =>
    events(mail, (event) => event["item"] = { ref: 7 }),
  "a change with another scope": (mail) =>
    events(mail, (event) => {
      event["kind"] = "change";
      event["change"] = { op: "pin", between: [1, 2] };
    }),
  "no events at all": (mail) =>
    JSON.stringify({
      ...JSON.parse(mail),
      news: JSON.parse(mail).news.map((one: object) => ({ ...one, events: [] })),
    }),
  "mail of another layout": () => '{"streams":{}}',
  "mail that is no JSON": () => "\u0002garbage",
  "mail that is JSON and no object": () => "null",
  "an empty mail": () => "",
};

for (const [what, rewrite] of Object.entries(VERSIONS)) {
  Deno.test(`an instance that gets ${what} delivers what is in the log, and goes on`, async () => {
    const { world, state, device, mailbox } = await open();
    using _ = world;
    state.rewrite = rewrite;
    for (let i = 0; i < 3; i++) await world.until(world.publish(["ada"], {}, 0));
    await world.clock.advance(2_000);
    assert.deepEqual([...device.model.items.keys()], [1, 2, 3]);
    assert.deepEqual(await mailbox(), []);

    // What comes next in a form that it knows is live again.
    state.rewrite = undefined;
    await world.until(world.publish(["ada"], {}, 0));
    await world.clock.advance(100);
    assert.equal(device.model.notified.at(-1)?.seq, 4);
    assert.equal(device.model.notified.at(-1)?.live, true);
    assert.deepEqual(device.closes, []);
    device.drop();
    await world.end(["ada"]);
  });
}

Deno.test("a change whose op an instance does not know goes to its devices as it is", async () => {
  const { world, state, device } = await open();
  using _ = world;
  state.rewrite = (mail) =>
    events(mail, (event) => {
      event["kind"] = "change";
      event["change"] = { op: "pin", items: [1] };
    });
  await world.until(world.publish(["ada"], {}, 0));
  await world.clock.advance(100);
  assert.equal(device.model.cursor?.seq, 1);
  assert.deepEqual(device.closes, []);
  assert.deepEqual(world.troubles, []);
  device.drop();
  await world.end(["ada"]);
});

Deno.test("one bad letter among good ones is reported by its kind alone, and keeps none of them back", async () => {
  const { world, device, mailbox } = await open();
  using _ = world;
  const { registry } = world.instances[1]?.engine?.cluster as Cluster;
  const bad = envelopeRows({ to: registry.id, id: "0", content: utf8('{"secret":"Top secret') });
  await world.memory.commit({ checks: [], mutations: bad });
  for (let i = 0; i < 5; i++) await world.until(world.publish(["ada"], {}, 0));
  await world.clock.advance(2_000);
  assert.equal(device.model.items.size, 5);
  assert.deepEqual(await mailbox(), []);
  assert.equal(world.troubles.length, 1);
  const said = String(world.troubles[0]) + String(world.troubles[0]?.cause);
  assert.match(said, /rows of kind mail/);
  assert.doesNotMatch(said, /secret/i);
  device.drop();
  await world.end(["ada"]);
});

Deno.test("a revocation that was told by mail that cannot be read is in force within two seconds", async () => {
  const { world, state, device } = await open();
  using _ = world;
  world.laws.allow(CloseCode.revoked);
  state.rewrite = () => "garbage";
  await world.until(world.revoke(0).user("ada", world.clock.now() + 1_000));
  await world.clock.advance(2_000);
  assert.deepEqual(device.closes, [CloseCode.revoked]);
  await world.end(["ada"]);
});

Deno.test("a control message that cannot be taken in is looked up in the store", async () => {
  const { world, state, device } = await open();
  using _ = world;
  world.laws.allow(CloseCode.revoked);
  state.rewrite = (mail) => JSON.stringify({ ...JSON.parse(mail), control: [{ kind: "revoked" }] });
  await world.until(world.revoke(0).user("ada", world.clock.now() + 1_000));
  await world.clock.advance(2_000);
  assert.deepEqual(device.closes, [CloseCode.revoked]);
  await world.end(["ada"]);
});

Deno.test("a lease that cannot be read is taken from its instance when it stands still, as any other", async () => {
  const { world, device } = await open();
  using _ = world;
  const mutations: KvMutation[] = [
    { kind: "set", key: ["instance", "older"], value: utf8("garbage") },
    { kind: "set", key: ["instance", "dead"], value: utf8('{"beat":1}') },
  ];
  await world.memory.commit({ checks: [], mutations });
  await world.clock.advance(30_000);
  const leases = await world.memory.list(ranges.instances(), { limit: 10 });
  assert.equal(leases.length, 2);
  assert(leases.every(({ key }) => key[1] !== "older" && key[1] !== "dead"));
  device.drop();
  await world.end(["ada"]);
});

Deno.test("an instance starts though a lease, a revocation and a due row cannot be read", async () => {
  using world = await GatewayWorld.open({ clustered: 2 });
  const revocation = revokeUser("eve", world.clock.now(), {
    now: world.clock.now(),
    maxLifetimeMs: 86_400_000,
  });
  const rows = await revocationRows(world.memory, revocation, { now: 0, id: "r" });
  const garbage = utf8("garbage");
  const set = (key: KvMutation["key"]): KvMutation => ({ kind: "set", key, value: garbage });
  await world.memory.commit({
    checks: [],
    mutations: [
      ...(rows as KvOperation).mutations.map((one) =>
        one.key[0] === "revoked" ? set(one.key) : one
      ),
      set(["instance", "older"]),
      set(["due", world.clock.now(), "x", 0]),
    ],
  });
  const [restarted] = world.instances;
  restarted?.machine.kill({ afterCalls: 0, reaches: false });
  await world.until(restarted?.start() as Promise<void>);
  await world.clock.advance(20_000);

  // A revocation that cannot be read is as strict as it can have been.
  const tokens = restarted?.engine?.tokens;
  const eve = world.token("eve");
  await assert.rejects(world.until(tokens?.verify(eve) as Promise<unknown>));
  await world.until(tokens?.verify(world.token("ada")) as Promise<unknown>);
  // The next revocation replaces it.
  await world.until(world.revoke().user("eve", world.clock.now()));
  await world.end([]);
});
