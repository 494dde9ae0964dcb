import assert from "node:assert/strict";
import type { Clock } from "../../../src/clock.ts";
import type { MarkOp } from "../../../src/domain/event.ts";
import type { Seq } from "../../../src/domain/item.ts";
import {
  EVERYONE,
  ownerOf,
  type StreamName,
  type TopicStream,
  userStream,
} from "../../../src/domain/stream_name.ts";
import { CloseCode } from "../../../src/gateway/protocol/close_code.ts";
import { withDeadline } from "../../../src/kv/wrap.ts";
import type { Kv } from "../../../src/kv/kv.ts";
import { Claims, type OwnName, type Reach } from "../../drivers/claims.ts";
import { DelayedKv } from "../../fakes/delayed_kv.ts";
import { Disasters, Weather } from "./disasters.ts";
import { FaultyKv } from "../../fakes/faulty_kv.ts";
import { UNRELIABLE } from "./gateway_odds.ts";
import { Rest } from "./gateway_rest.ts";
import { type Action, type Schedule, TOPICS } from "./gateway_schedule.ts";
import { GatewayWorld } from "./gateway_world.ts";
import { largeFields } from "../../drivers/large_fields.ts";
import type { Applied } from "../../fakes/memory_kv.ts";
import { SeededRandom } from "./seeded_random.ts";
import { SimulatedDevice } from "./simulated_device.ts";
import { SimulatedUsers } from "./simulated_users.ts";
import { SimulatedPublishers } from "./simulated_publishers.ts";
import { hasCode } from "../../../src/errors.ts";

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
    isRough ? withDeadline(kv, { clock, ms: KV_DEADLINE_MS }) : kv;
  using world = await GatewayWorld.open({
    seed,
    clustered,
    ...(skews === undefined ? {} : { skews }),
    limits: { itemsMax, changesMax, retentionDays: RETENTION_DAYS },
    heartbeatMs: 3_000,
    pongTimeoutMs: 1_500,
    allowed: allowedCloses(schedule),
    isRough,
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
  const unexpected = world.troubles.filter(({ cause }) => !hasCode(cause, "overloaded"));
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

type MarkAction = Extract<Action, { do: "mark" }>;

class Player {
  readonly #world: GatewayWorld;
  readonly #random: SeededRandom;
  readonly #faulty: readonly FaultyKv[];
  readonly #disasters: Disasters;
  readonly publishers: SimulatedPublishers;
  readonly claims = new Claims();
  readonly callers: SimulatedUsers;
  readonly users: readonly string[];
  readonly topics: readonly TopicStream[];
  readonly devices: readonly SimulatedDevice[];
  readonly #isSkewed: boolean;
  #isOver = false;

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
    const { users, devices, topics, patterns, itemsMax, large, skews } = schedule;
    this.#faulty = faulty;
    this.#world = world;
    this.#random = random;
    this.users = ["ada", "bob", "eve"].slice(0, users);
    this.publishers = new SimulatedPublishers(world, random);
    this.#disasters = new Disasters(world, { weather, publishers: this.publishers });
    this.topics = TOPICS.slice(0, topics);
    this.callers = new SimulatedUsers(world, this.claims);
    this.devices = devices.map((user, i) =>
      new SimulatedDevice(this.#user(user), {
        world,
        random,
        resetsArePartial: itemsMax > 50 || large,
        topics: this.topics,
        patterns: patterns[i] ?? [],
        books: this,
      })
    );
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
      case "say":
        return this.#say(action);
      case "join":
        return this.callers.join(this.#user(action.user), {
          ...action,
          topic: this.#topic(action.topic),
        });
      case "leave": {
        const topic = this.#topic(action.topic);
        if (topic === EVERYONE) return;
        return this.callers.leave(this.#user(action.user), { ...action, topic });
      }
      case "erase":
        return this.callers.erase(this.#user(action.user), action.instance);
      case "recall":
        return this.publishers.recall(action.nth, action.instance);
      case "connect":
        // Nobody is there who could take the connection.
        if (!this.#world.isUp) return;
        this.#device(action.device).patterns = action.patterns ??
          this.#device(action.device).patterns;
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
        return this.#device(action.device).refresh(action.patterns);
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
        return this.#disasters.call(action, this.#streams({ ...action, users }));
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
  #mark({ user, device, op, upTo, times, instance, ...which }: MarkAction): void {
    const reaches = this.#reaches(this.#user(user), which, upTo);
    if (reaches.length === 0) return;
    for (let i = 0; i < times; i++) {
      const its = i % 2 === 0 ? op : OPPOSITE[op] ?? op;
      if (device === undefined) this.callers.mark(this.#user(user), { op: its, reaches, instance });
      else this.#device(device).mark(its, reaches);
    }
  }

  #reaches(
    user: string,
    { topics = [-1], nth }: Pick<MarkAction, "topics" | "nth">,
    upTo: boolean,
  ): Reach[] {
    return topics.flatMap((index): Reach[] => {
      const stream = index === -1 ? "user" : this.#topic(index);
      const seq = this.#seq(user, stream, nth);
      if (upTo || topics.length > 1) return [{ stream, upTo: seq }];
      return seq === 0 ? [] : [{ stream, items: [seq] }];
    });
  }

  #say({ device, what, topic, later }: Extract<Action, { do: "say" }>): void {
    const stream = this.#topic(topic);
    const message = { type: what, topic: ownerOf(stream) };
    const its = this.#device(device);
    switch (what) {
      case "publish":
        return its.publish(stream, this.#when(later));
      case "subscribe":
        return its.wish({ kind: "join", topic: stream, granted: false }, message);
      case "unsubscribe":
        if (stream === EVERYONE) return;
        return its.wish({ kind: "leave", topic: stream }, message);
    }
  }

  #when(later: number | undefined): { sendAt?: string } {
    if (later === undefined) return {};
    return { sendAt: new Date(this.#world.clock.now() + later * 1_000).toISOString() };
  }

  #cutOff(instance: number, ms: number): void {
    const kv = this.#faulty[instance];
    if (kv === undefined) return;
    kv.outage = true;
    this.#disasters.later(ms, () => kv.outage = false);
  }

  #publish(action: Extract<Action, { do: "publish" }>): void {
    const { times, kilobytes, key, ttl, later, instance } = action;
    for (let i = 0; i < times; i++) {
      this.publishers.publish(this.#streams(action), {
        ...(kilobytes === 0 ? {} : largeFields(kilobytes)),
        ...(key === undefined ? {} : { collapseKey: key }),
        ...(ttl === undefined ? {} : { ttl }),
      }, { instance, laterMs: later && later * 1_000 });
    }
  }

  /** The nth newest item that any device of the user shows, or something below; 0 where there is none. */
  #seq(user: string, stream: OwnName, nth: number): Seq {
    const shown = this.devices.filter((device) => device.user === user)
      .flatMap(({ model }) => [...model.streams.get(stream)?.items.keys() ?? []])
      .sort((a, b) => a - b);
    return shown.at(-1 - nth) ?? Math.max(0, (shown[0] ?? 0) - nth);
  }

  /** A device whose connection ended by itself comes back, to whichever instance there is. */
  #comeBack(device: SimulatedDevice): void {
    this.#world.clock.after(this.#random.integer(0, COME_BACK_MS), () => {
      if (device.isOpen || this.#isOver) return;
      if (this.#world.isUp) device.connect({ instance: this.#random.integer(0, 4) });
      else this.#comeBack(device);
    });
  }

  #streams({ users, topic }: { users: readonly number[]; topic?: number }): StreamName[] {
    if (topic !== undefined) return [this.#topic(topic)];
    return users.map((user) => userStream(this.#user(user)));
  }

  #topic(index: number): TopicStream {
    return this.topics[index] as TopicStream;
  }

  #user(index: number): string {
    return this.users[index] as string;
  }

  #device(index: number): SimulatedDevice {
    return this.devices[index] as SimulatedDevice;
  }
}
