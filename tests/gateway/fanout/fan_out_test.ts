import { seedsToPlay } from "../../simulation/support/seeds_to_play.ts";
import assert from "node:assert/strict";
import { userStream } from "../../../src/domain/stream_name.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import { SeededRandom } from "../../simulation/support/seeded_random.ts";
import { SimulatedDevice } from "../../simulation/support/simulated_device.ts";

/** After so many sends others get their turn. */
const PIECE = 1_000;
const SEED = seedsToPlay(1)[0] as number;

/** The pieces of a fan-out follow each other in turns of the real event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** All devices of one user, and how many frames went out without a break at most. */
class Audience {
  readonly devices: SimulatedDevice[] = [];
  longestRun = 0;
  readonly #world: GatewayWorld;
  readonly #random: SeededRandom;
  #run = 0;

  constructor(world: GatewayWorld, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
  }

  join(): void {
    const device = new SimulatedDevice("ada", { world: this.#world, random: this.#random });
    this.devices.push(device);
    this.connect(device);
  }

  connect(device: SimulatedDevice): void {
    device.connect();
    const { transport } = device.connection ?? {};
    assert(transport !== undefined);
    const send = transport.send.bind(transport);
    transport.send = (frame) => {
      if (frame.text.includes('"live":true')) this.#count();
      send(frame);
    };
  }

  #count(): void {
    if (this.#run++ === 0) queueMicrotask(() => this.#run = 0);
    this.longestRun = Math.max(this.longestRun, this.#run);
  }

  /** Whether everybody has heard of so many notifications, of all of them as they happened. */
  gotAllLive(count: number): boolean {
    return this.devices.every(({ model: { notified } }) =>
      notified.length === count && notified.every(({ live }) => live)
    );
  }

  /** Waits until everybody has everything, and looks that it is so. */
  async assertAllEqual(): Promise<void> {
    const open = this.devices.filter((device) => device.isOpen);
    const head = this.#world.store.heads.cached(userStream("ada"))?.head;
    const isBehind = ({ model }: SimulatedDevice) => model.cursor?.seq !== head?.seq;
    for (let i = 0; i === 0 || i < 100 && open.some(isBehind); i++) {
      await turn();
      await this.#world.settle({ isIdle: () => open.every((device) => !device.isBusy) });
    }
    const { items } = await this.#world.inbox("ada");
    const shown = JSON.stringify(items.map(({ stream: _, ...item }) => item));
    for (const { model } of open) {
      assert.equal(model.cursor?.seq, head?.seq);
      assert.equal(JSON.stringify(model.list()), shown);
    }
    await open[0]?.assertEqualsInbox();
    assert.deepEqual(this.#world.laws.broken, []);
  }
}

Deno.test("a large audience is served in pieces, so that others get their turn, and in order", async () => {
  using world = await GatewayWorld.open({ maxConnectionsPerUser: 5_000 });
  const audience = new Audience(world, new SeededRandom(1));
  for (let i = 0; i < 2.5 * PIECE; i++) audience.join();
  await world.settle();
  await Promise.all([1, 2, 3, 4].map((n) => world.publish(["ada"], { title: `No. ${n}` })));
  await world.publish(["ada"]);
  await audience.assertAllEqual();
  assert.equal(audience.longestRun, PIECE);
  assert(audience.gotAllLive(5), "somebody had to catch up");
});

Deno.test("an audience that has become small is still served in order, without anybody catching up", async () => {
  using world = await GatewayWorld.open({ maxConnectionsPerUser: 5_000 });
  const audience = new Audience(world, new SeededRandom(1));
  for (let i = 0; i < PIECE + 50; i++) audience.join();
  await world.settle();
  await world.publish(["ada"]);
  // Those who are gone have had their turn, the last ones not yet.
  for (const device of audience.devices.splice(0, 100)) device.drop();
  await world.publish(["ada"]);
  await audience.assertAllEqual();
  assert(audience.gotAllLive(2), "somebody had to catch up");
});

Deno.test("who comes, goes, stalls or catches up in the middle of it misses nothing and gets nothing twice", async () => {
  const random = new SeededRandom(SEED);
  using world = await GatewayWorld.open({
    seed: SEED,
    maxConnectionsPerUser: 5_000,
    limits: { itemsMax: 20 },
  });
  const audience = new Audience(world, random);
  for (let i = 0; i < 1.2 * PIECE; i++) audience.join();
  const some = () => audience.devices[random.integer(0, audience.devices.length - 1)];
  const many = (task: () => void) => {
    for (let i = random.integer(1, 40); i > 0; i--) task();
  };
  type Happening = "publish" | "join" | "return" | "drop" | "stall" | "read" | "turn" | "wait";
  const odds = { publish: 8, join: 3, return: 4, drop: 3, stall: 2, read: 3, turn: 6, wait: 2 };
  for (let i = 0; i < 120; i++) {
    switch (random.weighted<Happening>(odds, "turn")) {
      case "publish":
        await Promise.all(
          Array.from({ length: random.integer(1, 4) }, () => world.publish(["ada"])),
        );
        break;
      case "join":
        many(() => audience.join());
        break;
      case "return":
        many(() => {
          const device = some();
          if (device?.isOpen === false) audience.connect(device);
        });
        break;
      case "drop":
        many(() => some()?.drop());
        break;
      case "stall":
        many(() => some()?.read("stalled"));
        break;
      case "read":
        many(() => some()?.read("fast"));
        break;
      case "turn":
        await turn();
        break;
      case "wait":
        await world.clock.advance(random.integer(0, 5));
    }
  }
  for (const device of audience.devices) device.read("fast");
  await audience.assertAllEqual().catch((cause) => {
    throw new Error(`SEED=${SEED}`, { cause });
  });
  assert(audience.longestRun <= PIECE);
});
