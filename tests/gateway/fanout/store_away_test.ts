import assert from "node:assert/strict";
import { userStream } from "../../../src/domain/stream_name.ts";
import { withDeadline } from "../../../src/kv/wrap.ts";
import { AwayKv, type StoreState } from "../../fakes/away_kv.ts";
import { messagesOf } from "../../fakes/fake_transport.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import { SeededRandom } from "../../simulation/support/seeded_random.ts";
import { SimulatedDevice } from "../../simulation/support/simulated_device.ts";

/** No call of the store is waited for longer. */
const DEADLINE_MS = 5_000;
const WAYS: readonly StoreState[] = ["silent", "refusing", "readOnly"];
const MINUTE_MS = 60_000;
/** Within so long it is known that the store is away, or back, and what waits has noticed. */
const AWAY_WITHIN_MS = 6_000;

/** A world whose stores, one an instance, can be away. */
async function open(clustered: number) {
  const stores: AwayKv[] = [];
  const world = await GatewayWorld.open({
    clustered,
    between(kv, clock) {
      const store = new AwayKv(kv);
      stores.push(store);
      return withDeadline(store, { clock, ms: DEADLINE_MS });
    },
  });
  const turn = (state: StoreState) => stores.forEach((store) => store.state = state);
  const device = (user: string) =>
    new SimulatedDevice(user, { world, random: new SeededRandom(1) });
  const rest = (...devices: SimulatedDevice[]) =>
    world.settle({ isIdle: () => devices.every(({ isBusy }) => !isBusy) });
  return { world, stores, turn, device, rest };
}

/** What a call comes to without any time going by. */
function atOnce<T>({ clock }: GatewayWorld, promise: Promise<T>): Promise<T> {
  return clock.until(promise, { withinMs: 0 });
}

for (const clustered of [0, 2]) {
  const who = clustered === 0 ? "an instance that is alone" : "an instance of a cluster";
  for (const way of WAYS) {
    Deno.test(`${who}, idle until then, refuses a publish at once while the store is ${way}`, async () => {
      const { world, turn } = await open(clustered);
      using _ = world;
      turn(way);
      // In the middle of a publish nobody knows yet: its outcome is told later, or when the store is back.
      const early = world.publish(["ada"], { title: "Under way" });
      early.catch(() => {});
      await world.clock.advance(AWAY_WITHIN_MS);
      for (let i = 0; i < 3; i++) {
        await assert.rejects(atOnce(world, world.publish(["ada"])), { code: "unavailable" });
      }
      await world.clock.advance(10 * MINUTE_MS);
      await assert.rejects(atOnce(world, world.publish(["ada"])), { code: "unavailable" });

      turn("there");
      // What got lost on its way is sent again once nobody waits for its answer any more.
      await world.clock.advance(2 * DEADLINE_MS);
      await world.until(world.publish(["ada"], { title: "Afterwards" }));
      const { items } = await world.inbox("ada");
      assert.deepEqual(items.map(({ title }) => title), ["Afterwards", "Under way"]);
      await world.end(["ada"]);
    });
  }

  Deno.test(`${who}, which nobody uses, knows within seconds that the store is away`, async () => {
    const { world, turn } = await open(clustered);
    using _ = world;
    await world.clock.advance(MINUTE_MS);
    turn("silent");
    await world.clock.advance(AWAY_WITHIN_MS);
    await assert.rejects(atOnce(world, world.publish(["ada"])), { code: "unavailable" });
    turn("there");
    await world.clock.advance(AWAY_WITHIN_MS);
    await world.until(world.publish(["ada"]));
    await world.end(["ada"]);
  });

  Deno.test(`${who} keeps devices that connect while the store is away, and welcomes them later`, async () => {
    const { world, turn, device, rest } = await open(clustered);
    using _ = world;
    const [back, first] = [device("ada"), device("bob")];
    back.connect();
    await rest(back);
    await world.until(world.publish(["ada", "bob"], { title: "Before" }));
    await rest(back);
    back.drop();
    await world.until(world.publish(["ada"], { title: "Missed" }));

    turn("silent");
    await world.clock.advance(AWAY_WITHIN_MS);
    for (const one of [back, first]) one.connect();
    await world.clock.advance(10 * MINUTE_MS);
    for (const one of [back, first]) {
      assert(one.isOpen);
      assert.equal(one.connection?.session.active?.subscriptions.length, 1);
    }

    turn("there");
    await rest(back, first);
    for (const one of [back, first]) await one.assertEqualsInbox();
    await world.until(world.publish(["ada", "bob"], { title: "Live" }));
    await rest(back, first);
    for (const one of [back, first]) {
      await one.assertEqualsInbox();
      assert.equal(one.model.notified.at(-1)?.live, true);
      one.drop();
    }
    await world.end(["ada", "bob"]);
    assert.deepEqual(world.laws.broken, []);
  });

  Deno.test(`${who} keeps devices that fall behind while the store is away, and completes them later`, async () => {
    const { world, turn, device, rest } = await open(clustered);
    using _ = world;
    const one = device("ada");
    one.connect();
    await world.until(world.publish(["ada"]));
    await rest(one);
    for (const way of WAYS) {
      turn(way);
      await world.clock.advance(100);
      world.gateway.lookAgain(userStream("ada"));
      await world.clock.advance(10 * MINUTE_MS);
      assert(one.isOpen);
      turn("there");
      await rest(one);
      await world.until(world.publish(["ada"], { title: way }));
      await rest(one);
      await one.assertEqualsInbox();
    }
    one.drop();
    await world.end(["ada"]);
    assert.deepEqual(world.laws.broken, []);
  });
}

Deno.test("a device that leaves while the store is away is waited for no longer", async () => {
  const { world, turn, device } = await open(0);
  using _ = world;
  turn("silent");
  await world.clock.advance(AWAY_WITHIN_MS);
  const one = device("ada");
  one.connect();
  await world.clock.advance(AWAY_WITHIN_MS);
  assert.equal(world.gateway.storeRetry.waiting, 1);
  one.drop();
  await world.clock.advance(AWAY_WITHIN_MS);
  assert.equal(world.gateway.storeRetry.waiting, 0);
  turn("there");
  await world.clock.advance(AWAY_WITHIN_MS);
  await world.end(["ada"]);
});

Deno.test("devices that wait for the store do not ask it for more than a few probes", async () => {
  const { world, stores, turn, device } = await open(0);
  using _ = world;
  const devices = Array.from({ length: 40 }, () => device("ada"));
  turn("silent");
  await world.clock.advance(AWAY_WITHIN_MS);
  for (const one of devices) one.connect();
  const before = stores[0]?.calls ?? NaN;
  await world.clock.advance(MINUTE_MS);
  const calls = (stores[0]?.calls ?? NaN) - before;
  assert(calls < 60, `${calls} calls in a minute`);
  turn("there");
  await world.clock.advance(10_000);
  for (const one of devices) {
    await one.assertEqualsInbox();
    one.drop();
  }
  await world.end(["ada"]);
});

Deno.test("a mark that can't be written now is answered at once, and its connection stays", async () => {
  for (const way of WAYS) {
    const { world, turn } = await open(0);
    using _ = world;
    const { transport, inbound, session } = world.accept({ jwt: world.token("ada") });
    inbound.receive('{"type":"hello"}');
    await world.until(world.publish(["ada"]));
    await world.clock.advance(1_000);
    const answers = () =>
      messagesOf(transport).filter(({ ref }) => ref !== undefined)
        .map(({ type, ref, code }) => [type, ref, code]);
    const mark = (ref: number) =>
      inbound.receive(JSON.stringify({ type: "mark", ref, op: "read", items: [1] }));

    // Whoever is the first to find out has to wait, and is told the same.
    turn(way);
    mark(1);
    await world.clock.advance(3 * DEADLINE_MS);
    assert.deepEqual(answers(), [["error", 1, "unavailable"]]);
    mark(2);
    await world.clock.advance(0);
    assert.deepEqual(answers().slice(1), [["error", 2, "unavailable"]]);

    turn("there");
    await world.clock.advance(2 * DEADLINE_MS);
    mark(3);
    await world.clock.advance(1_000);
    assert.deepEqual(answers().slice(2), [["ok", 3, undefined]]);
    assert.equal(session.isClosed, false);
    session.lost();
    await world.end(["ada"]);
  }
});
