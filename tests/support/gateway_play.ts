import assert from "node:assert/strict";
import type { Clock } from "../../src/clock.ts";
import type { ChangeScope, MarkOp } from "../../src/domain/event.ts";
import type { Seq } from "../../src/domain/item.ts";
import { CloseCode } from "../../src/gateway/close_code.ts";
import { DeadlineKv } from "../../src/store/deadline_kv.ts";
import { Overloaded } from "../../src/store/errors.ts";
import type { Kv } from "../../src/store/kv.ts";
import { DelayedKv } from "./delayed_kv.ts";
import { Disasters, Weather } from "./disasters.ts";
import { FaultyKv } from "./faulty_kv.ts";
import { UNRELIABLE } from "./gateway_odds.ts";
import { Rest } from "./gateway_rest.ts";
import type { Action, Schedule } from "./gateway_schedule.ts";
import { GatewayWorld } from "./gateway_world.ts";
import { largeFields } from "./large_fields.ts";
import type { Applied } from "./memory_kv.ts";
import { SeededRandom } from "./seeded_random.ts";
import { SimulatedDevice } from "./simulated_device.ts";
import { isRefusal, SimulatedPublishers } from "./simulated_publishers.ts";

const KV_DEADLINE_MS = 500;
/** After so long nothing is under way any more that nobody waits for. */
const LIMBO_MS = 30 * KV_DEADLINE_MS;
const RETENTION_DAYS = 3;
const DAY_MS = 86_400_000;
/** More than two wall clocks can be apart. */
const DUE_BY_ALL_MS = 900_000;
/** A device that lost its connection is back after so long at most. */
const COME_BACK_MS = 3_000;

/** What remains of a schedule that was played. */
export interface Played {
  /** Everything that was ever written, in order. */
  readonly history: readonly Applied[];
}

/**
 * Plays a schedule to its end, lets the dust settle and looks whether every device shows what the
 * inbox holds. Throws where one does not, and where anything happened on the way that must not.
 */
export async function play(schedule: Schedule): Promise<Played> {
  const { seed, clustered, itemsMax, changesMax, kvWayMax, faults, skews } = schedule;
  const random = new SeededRandom(seed ^ 0x5eed);
  const weather = new Weather();
  const faulty: FaultyKv[] = [];
  const isRough = faults || skews !== undefined;
  const network = (kv: Kv, { clock, index }: { clock: Clock; index: number }): Kv => {
    if (!isRough) {
      return kvWayMax === 0 ? kv : new DelayedKv(kv, { clock, random, wayMax: kvWayMax });
    }
    const its = new FaultyKv(kv, {
      clock,
      random,
      wayMax: kvWayMax,
      deadline: KV_DEADLINE_MS,
      get odds() {
        return weather.odds;
      },
      get outage() {
        return weather.outage;
      },
    });
    faulty[index] = its;
    return its;
  };
  const within = (kv: Kv, clock: Clock) =>
    isRough ? new DeadlineKv(kv, { clock, ms: KV_DEADLINE_MS }) : kv;
  using world = await GatewayWorld.open({
    seed,
    clustered,
    ...(skews === undefined ? {} : { skews }),
    limits: { itemsMax, changesMax, retentionDays: RETENTION_DAYS },
    heartbeatMs: 3_000,
    pongTimeoutMs: 1_500,
    allowed: allowedCloses(schedule),
    network,
    between: (kv, clock) => within(clustered === 0 ? network(kv, { clock, index: 0 }) : kv, clock),
  });
  if (faults) weather.odds = UNRELIABLE;
  const player = new Player(world, { schedule, random, faulty, weather });
  for (const action of schedule.actions) await player.carryOut(action);
  await player.clearUp();
  if (faults) await world.clock.advance(LIMBO_MS);
  const rest = new Rest(world, { schedule, random, ...player });
  await rest.come();
  if (skews !== undefined) await rest.account();
  await rest.leave();
  assert.deepEqual(world.laws.broken, []);
  const unexpected = world.troubles.filter((error) => !(error instanceof Overloaded));
  if (!isRough) assert.deepEqual(unexpected, []);
  return { history: world.memory.history };
}

/** Codes with which sessions may be closed for what happens to their instance. */
function allowedCloses({ kvWayMax, faults, skews }: Schedule): CloseCode[] {
  // An instance that stood still finds that no device has answered it meanwhile.
  if (skews !== undefined) {
    return [CloseCode.internal, CloseCode.noPong, CloseCode.noHello, CloseCode.tooSlow];
  }
  // A session may be refused for a store that is slow; what else goes wrong is a trouble too.
  return kvWayMax > 0 || faults ? [CloseCode.internal] : [];
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
  readonly #disasters: Disasters;
  readonly publishers: SimulatedPublishers;
  readonly users: readonly string[];
  readonly devices: readonly SimulatedDevice[];
  readonly #isSkewed: boolean;
  #isOver = false;
  #refreshed = 0;

  constructor(
    world: GatewayWorld,
    { schedule, random, faulty, weather }: {
      schedule: Schedule;
      random: SeededRandom;
      /** The network of each instance, where it can fail. */
      faulty: readonly FaultyKv[];
      weather: Weather;
    },
  ) {
    const { users, devices, itemsMax, large, skews } = schedule;
    this.#faulty = faulty;
    this.#world = world;
    this.#random = random;
    this.users = ["ada", "bob", "eve"].slice(0, users);
    this.publishers = new SimulatedPublishers(world, random);
    this.#disasters = new Disasters(world, { weather, publishers: this.publishers });
    const options = { world, random, resetsArePartial: itemsMax > 50 || large };
    this.devices = devices.map((user) => new SimulatedDevice(this.#user(user), options));
    this.#isSkewed = skews !== undefined;
    if (!this.#isSkewed) return;
    for (const device of this.devices) device.onClosed = () => this.#comeBack(device);
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
        // Nobody is there who could take the connection.
        if (!this.#world.isUp) return;
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
      case "burst":
      case "campaign": {
        const users = action.do === "burst" ? [action.user] : action.users;
        return this.#disasters.call(action, this.#names(users));
      }
      default:
        return this.#disasters.befall(action);
    }
  }

  /** From now on nothing fails any more, and everybody goes on. */
  async clearUp(): Promise<void> {
    this.#isOver = true;
    for (const its of this.#faulty) its.calm();
    await this.#disasters.clearUp();
    // What would become due in minutes by somebody's clock shall not come into the reconciliation.
    if (this.#isSkewed) this.#world.clock.jump(DUE_BY_ALL_MS);
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
    this.#disasters.later(ms, () => kv.outage = false);
  }

  #publish(
    { users, times, kilobytes, key, ttl, instance }: Extract<Action, { do: "publish" }>,
  ): void {
    for (let i = 0; i < times; i++) {
      this.publishers.publish(this.#names(users), {
        ...(kilobytes === 0 ? {} : largeFields(kilobytes)),
        ...(key === undefined ? {} : { collapseKey: key }),
        ...(ttl === undefined ? {} : { ttl }),
      }, instance);
    }
  }

  /** Whoever asked for it is not there any more when the answer comes. */
  #note(answer: Promise<unknown>): void {
    answer.catch((error) => {
      if (isRefusal(error)) return;
      this.#world.laws.broken.push(`refused: ${error}`);
    });
  }

  /** The nth newest live item as far as is known, or something below where there are not so many. */
  #seq(user: string, nth: number): Seq {
    const head = this.#world.head(user);
    if (head === undefined) return nth;
    const live = head.live.seqsBetween(0, head.seq, head.live.size);
    return live.at(-1 - nth) ?? Math.max(0, head.seq - nth);
  }

  /** A device whose connection ended by itself comes back, to whichever instance there is. */
  #comeBack(device: SimulatedDevice): void {
    this.#world.clock.after(this.#random.integer(0, COME_BACK_MS), () => {
      if (device.isOpen || this.#isOver) return;
      if (this.#world.isUp) device.connect({ instance: this.#random.integer(0, 4) });
      else this.#comeBack(device);
    });
  }

  #names(users: readonly number[]): string[] {
    return users.map((user) => this.#user(user));
  }

  #user(index: number): string {
    return this.users[index] as string;
  }

  #device(index: number): SimulatedDevice {
    return this.devices[index] as SimulatedDevice;
  }
}
