import assert from "node:assert/strict";
import type { ChangeScope, MarkOp } from "../../src/domain/event.ts";
import type { Seq } from "../../src/domain/item.ts";
import { userStream } from "../../src/domain/stream_name.ts";
import { CloseCode } from "../../src/gateway/close_code.ts";
import { DeadlineKv } from "../../src/store/deadline_kv.ts";
import { Overloaded, Unavailable } from "../../src/store/errors.ts";
import { DelayedKv } from "./delayed_kv.ts";
import { FaultyKv } from "./faulty_kv.ts";
import { RELIABLE, UNRELIABLE } from "./gateway_odds.ts";
import type { Action, Schedule } from "./gateway_schedule.ts";
import { GatewayWorld } from "./gateway_world.ts";
import { SeededRandom } from "./seeded_random.ts";
import { SimulatedDevice } from "./simulated_device.ts";

const KV_DEADLINE_MS = 500;
/** After so long nothing is under way any more that nobody waits for. */
const LIMBO_MS = 30 * KV_DEADLINE_MS;
/** How long it takes until all that is due was done, … */
const ALONE_MS = 6_000;
/** … until a mailbox was looked at though no bell was heard, but hardly longer: a bit later … */
const HEARD_MS = 12_500;
/** … whoever was told nothing finds out by comparing. */
const HEALED_MS = 40_000;
const RETENTION_DAYS = 3;
const DAY_MS = 86_400_000;

/**
 * Plays a schedule to its end, lets the dust settle and looks whether every device shows what the
 * inbox holds. Throws where one does not, and where anything happened on the way that must not.
 */
export async function play(schedule: Schedule): Promise<void> {
  const { seed, clustered, itemsMax, changesMax, kvWayMax, faults } = schedule;
  const random = new SeededRandom(seed ^ 0x5eed);
  let odds = RELIABLE;
  const faulty: FaultyKv[] = [];
  using world = await GatewayWorld.open({
    seed,
    clustered,
    limits: { itemsMax, changesMax, retentionDays: RETENTION_DAYS },
    heartbeatMs: 3_000,
    pongTimeoutMs: 1_500,
    // A session may be refused for a store that is slow; what else goes wrong is a trouble too.
    allowed: kvWayMax > 0 || faults ? [CloseCode.internal] : [],
    between(kv, clock) {
      if (!faults) {
        return kvWayMax === 0 ? kv : new DelayedKv(kv, { clock, random, wayMax: kvWayMax });
      }
      const its = new FaultyKv(kv, {
        clock,
        random,
        wayMax: kvWayMax,
        deadline: KV_DEADLINE_MS,
        get odds() {
          return odds;
        },
      });
      faulty.push(its);
      return new DeadlineKv(its, { clock, ms: KV_DEADLINE_MS });
    },
  });
  if (faults) odds = UNRELIABLE;
  const player = new Player(world, { schedule, random, faulty });
  for (const action of schedule.actions) await player.carryOut(action);
  for (const its of faulty) its.calm();
  if (faults) await world.clock.advance(LIMBO_MS);
  await player.comeToRest();
  await player.leave();
  assert.deepEqual(world.laws.broken, []);
  const unexpected = world.troubles.filter((error) => !(error instanceof Overloaded));
  if (!faults) assert.deepEqual(unexpected, []);
}

const OPPOSITE: Partial<Record<MarkOp, MarkOp>> = {
  read: "unread",
  unread: "read",
  archive: "unarchive",
  unarchive: "archive",
};

class Player {
  readonly #world: GatewayWorld;
  readonly #random: SeededRandom;
  readonly #faulty: readonly FaultyKv[];
  readonly #users: readonly string[];
  readonly #devices: readonly SimulatedDevice[];
  readonly #restMs: number;
  #published = 0;
  #refreshed = 0;

  constructor(
    world: GatewayWorld,
    { schedule, random, faulty }: {
      schedule: Schedule;
      random: SeededRandom;
      /** The KV of each instance, where it can fail. */
      faulty: readonly FaultyKv[];
    },
  ) {
    const { users, devices, itemsMax, large, clustered, faults, actions } = schedule;
    // Mail that lies there for a day has expired.
    const loses = faults || actions.some((action) => action.do === "days");
    this.#restMs = clustered === 0 ? ALONE_MS : loses ? HEALED_MS : HEARD_MS;
    this.#faulty = faulty;
    this.#world = world;
    this.#random = random;
    this.#users = ["ada", "bob", "eve"].slice(0, users);
    const options = { world, random, resetsArePartial: itemsMax > 50 || large };
    this.#devices = devices.map((user) => new SimulatedDevice(this.#user(user), options));
  }

  async carryOut(action: Action): Promise<void> {
    switch (action.do) {
      case "publish":
        return this.#publish(action);
      case "mark":
        return this.#mark(action);
      case "recall": {
        const user = this.#user(action.user);
        const seq = this.#seq(user, action.nth);
        return this.#note(this.#world.append(user, { kind: "recall", seq }, action.instance));
      }
      case "connect":
        return this.#device(action.device).connect(action);
      case "drop": {
        const device = this.#device(action.device);
        if (action.afterMessages === 0) device.drop();
        else device.dropsAfter = action.afterMessages;
        return;
      }
      case "vanish":
        return this.#device(action.device).vanish();
      case "read":
        return this.#device(action.device).read(action.how);
      case "refresh":
        return this.#device(action.device).refresh(++this.#refreshed);
      case "wait":
        return await this.#world.clock.advance(action.ms);
      case "yield":
        for (let i = 0; i < action.turns; i++) await Promise.resolve();
        return;
      case "days":
        return this.#world.clock.jump(action.days * DAY_MS);
      case "cutOff":
        return this.#cutOff(action.instance, action.ms);
    }
  }

  /** Everybody reads and is equal to the inbox; those who were away come back, and are so too. */
  async comeToRest(): Promise<void> {
    for (const device of this.#devices) {
      device.dropsAfter = Infinity;
      device.read("fast");
    }
    await this.#settle();
    for (const device of this.#devices) if (device.isOpen) await device.assertEqualsInbox();
    for (const device of this.#devices) if (!device.isOpen) device.connect();
    await this.#settle();
    for (const device of this.#devices) {
      assert(device.isOpen, `a device of ${device.user} was sent away`);
      await device.assertEqualsInbox();
    }
  }

  /** All go, one way or another, and nothing of them is left. */
  async leave(): Promise<void> {
    if (this.#random.next() < 0.3) await this.#world.drain(1_000);
    for (const device of this.#devices) device.drop();
    await this.#world.end(this.#users);
  }

  #settle(): Promise<void> {
    const isIdle = () => this.#devices.every((device) => !device.isBusy);
    return this.#world.settle({ ms: this.#restMs, isIdle });
  }

  /** Several times means to and fro, so that each of them changes something. */
  #mark({ user, op, nth, upTo, times, instance }: Extract<Action, { do: "mark" }>): void {
    const name = this.#user(user);
    const seq = this.#seq(name, nth);
    const scope: ChangeScope = upTo ? { upTo: seq } : { items: [seq] };
    for (let i = 0; i < times; i++) {
      const its = i % 2 === 0 ? op : OPPOSITE[op] ?? op;
      this.#note(this.#world.append(name, { kind: "mark", op: its, scope }, instance));
    }
  }

  #cutOff(instance: number, ms: number): void {
    const kv = this.#faulty[instance];
    if (kv === undefined) return;
    kv.outage = true;
    this.#world.clock.after(ms, () => kv.outage = false);
  }

  #publish(
    { users, times, kilobytes, key, ttl, instance }: Extract<Action, { do: "publish" }>,
  ): void {
    const to = users.map((user) => this.#user(user));
    for (let i = 0; i < times; i++) {
      const publishing = this.#world.publish(to, {
        title: `No. ${++this.#published}`,
        ...(kilobytes === 0 ? {} : largeFields(kilobytes)),
        ...(key === undefined ? {} : { collapseKey: key }),
        ...(ttl === undefined ? {} : { ttl }),
      }, instance);
      this.#note(publishing);
    }
  }

  /** Whoever asked for it is not there any more when the answer comes. */
  #note(answer: Promise<unknown>): void {
    answer.catch((error) => {
      if (error instanceof Overloaded || error instanceof Unavailable) return;
      this.#world.laws.broken.push(`refused: ${error}`);
    });
  }

  /** The nth newest live item as far as is known, or something below where there are not so many. */
  #seq(user: string, nth: number): Seq {
    const head = this.#world.store.heads.remembered(userStream(user))?.head;
    if (head === undefined) return nth;
    const live = head.live.seqsBetween(0, head.seq, head.live.size);
    return live.at(-1 - nth) ?? Math.max(0, head.seq - nth);
  }

  #user(index: number): string {
    return this.#users[index] as string;
  }

  #device(index: number): SimulatedDevice {
    return this.#devices[index] as SimulatedDevice;
  }
}

/** Fields that make a notification so large; no single one may be. */
function largeFields(kilobytes: number): Record<string, unknown> {
  const data = "n".repeat(Math.min(15, kilobytes) * 1_000);
  // Three bytes each, so that frames are larger in bytes than in characters.
  const text = "通".repeat(Math.max(0, kilobytes - 15) * 1_000 / 9);
  return { data, body: text, icon: text, image: text };
}
