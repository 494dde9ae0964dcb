import type { MarkOp } from "../../../src/domain/event.ts";
import { type Action, type Disaster, type Schedule, TOPICS } from "./gateway_schedule.ts";
import { SeededRandom } from "./seeded_random.ts";
import type { Reading, Resume } from "./simulated_device.ts";

const OPS: Readonly<Record<MarkOp, number>> = {
  read: 4,
  unread: 2,
  seen: 3,
  archive: 2,
  unarchive: 1,
  delete: 2,
};
const RESUMES: Readonly<Record<Resume, number>> = {
  cursor: 12,
  nothing: 1,
  "other-database": 1,
  future: 1,
};
/** What a token may allow of the topics there are. */
const PATTERNS: readonly (readonly string[])[] = [["*"], ["*"], ["red"], ["blue.*"], []];
const ONE_DAY: Action = { do: "days", days: 1 };
/** Milliseconds after which an instance that is cut off has been given up by the others. */
const GIVEN_UP_MS = 12_000;

/**
 * Makes up a schedule, the same for the same seed.
 *
 * @param clustered instances of a cluster; 0 is one that is alone
 * @param options `crowded`: with more users and devices
 */
export function makeSchedule(
  seed: number,
  clustered: number,
  { crowded = false }: { crowded?: boolean } = {},
): Schedule {
  return new Maker(seed, clustered, crowded).make();
}

class Maker {
  readonly #random: SeededRandom;
  readonly #world: Omit<Schedule, "actions">;
  /** How often a device is away, rather than that something happens by itself. */
  readonly #absences: number;
  readonly #crowded: boolean;

  constructor(seed: number, clustered: number, crowded: boolean) {
    const random = this.#random = new SeededRandom(seed);
    this.#crowded = crowded;
    const users = random.integer(1, crowded ? 3 : 2);
    const [fewest, most] = crowded ? [users, 7] : [1, 4];
    const devices = this.#times(fewest, most, () => random.integer(0, users - 1));
    const isFree = random.next() < 0.5;
    this.#world = {
      seed,
      clustered,
      users,
      devices,
      topics: random.integer(1, TOPICS.length),
      patterns: devices.map(() => isFree ? ["*"] : this.#pick(PATTERNS)),
      itemsMax: this.#pick([1, 2, 3, 5, 10, 40, 60]),
      changesMax: this.#pick([1, 2, 3, 5, 8, 40]),
      large: random.next() < 0.25,
      kvWayMax: this.#pick([0, 0, 2, 5, 15]),
      faults: random.next() < 0.15,
    };
    this.#absences = this.#pick([0.05, 0.05, 0.5]);
  }

  make(): Schedule {
    const actions = this.#random.next() < 0.5 ? [] : this.#beginning();
    for (let left = this.#random.integer(5, this.#absences < 0.5 ? 40 : 15); left > 0; left--) {
      if (this.#random.next() < this.#absences) actions.push(...this.#absence());
      else actions.push(this.#action());
    }
    if (this.#random.next() < 0.5) actions.push(...this.#ending());
    if (this.#random.next() < 0.03) actions.push({ do: "wait", ms: 70_000 });
    return { ...this.#world, actions };
  }

  /** Everybody is there, and has something. */
  #beginning(): Action[] {
    const { users, devices, itemsMax } = this.#world;
    return [
      ...this.#times(0, 3, () => this.#join()),
      {
        do: "publish",
        users: [...Array(users).keys()],
        times: Math.min(10, itemsMax),
        kilobytes: 0,
        instance: this.#instance(),
      },
      ...devices.keys().map((device) => this.#connect(device)),
      { do: "wait", ms: 300 },
    ];
  }

  /** A device is away while things change, and they go on changing while it catches up. */
  #absence(): Action[] {
    const device = this.#device();
    const user = this.#world.devices[device] as number;
    const change = (): Action => {
      const random = this.#random.next();
      if (random < 0.7) return this.#mark(user);
      if (random < 0.85) return this.#publish();
      return random < 0.93 ? this.#join(user) : this.#leave(user);
    };
    const changes = () => this.#times(1, 5, change);
    return [
      { do: "drop", device, afterMessages: 0 },
      ...changes(),
      { do: "wait", ms: this.#pick([0, 100, 1_000]) },
      this.#connect(device),
      { do: "wait", ms: this.#random.integer(0, this.#world.kvWayMax * 3) },
      ...changes(),
      { do: "wait", ms: this.#pick([10, 30, 100]) },
    ];
  }

  /** The very last event is the one that no later one makes up for. */
  #ending(): Action[] {
    const { devices, kvWayMax, clustered, faults } = this.#world;
    const device = this.#device();
    const user = devices[device] as number;
    return [
      this.#connect(device),
      kvWayMax === 0
        ? { do: "yield", turns: this.#random.integer(0, 40) }
        : { do: "wait", ms: this.#random.integer(0, kvWayMax * 12) },
      this.#random.next() < 0.5
        ? {
          do: "publish",
          users: [user],
          ...(this.#random.next() < 0.5 ? { topic: this.#topic() } : {}),
          times: 1,
          kilobytes: 0,
          instance: this.#instance(),
        }
        : { ...this.#mark(user), op: "delete", nth: 0 },
      // Mail that nobody has opened by then is gone.
      ...(clustered > 1 && !faults && this.#random.next() < 0.2 ? [ONE_DAY] : []),
    ];
  }

  #action(): Action {
    const { devices, large, clustered, faults } = this.#world;
    const kind = this.#random.weighted<Exclude<Action["do"], Disaster["do"]>>({
      publish: 10,
      mark: 8,
      recall: 1,
      connect: 7,
      drop: 3,
      vanish: 1,
      read: large ? 5 : 1,
      refresh: 2,
      say: 4,
      join: 2,
      leave: 1,
      erase: faults || this.#crowded ? 0 : 0.3,
      wait: 12,
      yield: 5,
      // A commit is proved by a row that lasts a day: not one whose answer is lost for longer.
      days: faults ? 0 : 1,
      cutOff: clustered > 1 && faults ? 1 : 0,
    }, "wait");
    const device = this.#device();
    switch (kind) {
      case "publish":
        return this.#publish();
      case "mark": {
        const upTo = this.#random.next() < 0.4;
        const times = this.#random.next() < 0.2 ? this.#random.integer(2, 5) : 1;
        const said = this.#random.next() < 0.5 ? { device } : {};
        return { ...this.#mark(devices[device] as number), ...said, upTo, times };
      }
      case "recall":
        return { do: "recall", nth: this.#nth(), instance: this.#instance() };
      case "connect":
        return {
          ...this.#connect(device),
          resume: this.#random.weighted(RESUMES, "cursor"),
          early: this.#random.next() < 0.5,
          ...this.#patterns(0.3),
        };
      case "drop":
        return { do: "drop", device, afterMessages: this.#pick([0, 0, 1, 1, 2, 3, 5, 8]) };
      case "vanish":
        return { do: "vanish", device };
      case "read":
        return { do: "read", device, how: this.#pick<Reading>(["fast", "slow", "stalled"]) };
      case "refresh":
        return { do: "refresh", device, ...this.#patterns(0.6) };
      case "say":
        return this.#say(device);
      case "join":
        return this.#join();
      case "leave":
        return this.#leave(this.#user());
      case "erase":
        return { do: "erase", user: this.#user(), instance: this.#instance() };
      case "wait":
        return { do: "wait", ms: this.#pick([0, 1, 3, 10, 30, 100, 300, 1_000]) };
      case "yield":
        return { do: "yield", turns: this.#random.integer(1, 30) };
      case "days":
        return { do: "days", days: this.#pick([1, 2, 5]) };
      case "cutOff": {
        const ms = this.#random.integer(100, GIVEN_UP_MS);
        return { do: "cutOff", instance: this.#instance(), ms };
      }
    }
  }

  #publish(): Action {
    const { users, itemsMax, large } = this.#world;
    const random = this.#random;
    return {
      do: "publish",
      ...(random.next() < 0.5 ? { topic: this.#topic() } : {}),
      users: random.next() < 0.3 ? [...Array(users).keys()] : [this.#user()],
      times: random.next() < 0.2 ? random.integer(2, itemsMax + 3) : 1,
      kilobytes: large ? this.#pick([0, 4, 30, 45]) : 0,
      ...(random.next() < 0.3 ? { key: this.#pick(["a", "b"]) } : {}),
      ...(random.next() < 0.15 ? { ttl: random.integer(1, 3) } : {}),
      ...this.#later(),
      instance: this.#instance(),
    };
  }

  #mark(user: number): Extract<Action, { do: "mark" }> {
    const op = this.#random.weighted(OPS, "read");
    const nth = this.#nth();
    const { topics } = this.#world;
    const some = this.#random.next();
    return {
      do: "mark",
      user,
      ...(some < 0.4 ? {} : {
        topics: some < 0.85
          ? [this.#topic()]
          : [-1, ...Array(topics).keys()].filter(() => this.#random.next() < 0.6),
      }),
      op,
      nth,
      upTo: false,
      times: 1,
      instance: this.#instance(),
    };
  }

  #say(device: number): Action {
    const what = this.#random.weighted<Extract<Action, { do: "say" }>["what"]>(
      { publish: 4, subscribe: 3, unsubscribe: 1.5 },
      "publish",
    );
    return {
      do: "say",
      device,
      what,
      topic: this.#topic(),
      ...(what === "publish" ? this.#later() : {}),
    };
  }

  #join(user = this.#user()): Action {
    const granted = this.#random.next() < 0.4;
    return { do: "join", user, topic: this.#topic(), granted, instance: this.#instance() };
  }

  #leave(user: number): Action {
    return { do: "leave", user, topic: this.#topic(), instance: this.#instance() };
  }

  #later(): { later?: number } {
    return this.#random.next() < 0.1 ? { later: this.#random.integer(1, 4) } : {};
  }

  #patterns(odds: number): { patterns?: readonly string[] } {
    return this.#random.next() < odds ? { patterns: this.#pick(PATTERNS) } : {};
  }

  #topic(): number {
    return this.#random.integer(0, this.#world.topics - 1);
  }

  #connect(device: number): Extract<Action, { do: "connect" }> {
    return { do: "connect", device, resume: "cursor", early: true, instance: this.#instance() };
  }

  #nth(): number {
    return this.#random.integer(0, Math.min(10, this.#world.itemsMax));
  }

  #device(): number {
    return this.#random.integer(0, this.#world.devices.length - 1);
  }

  #user(): number {
    return this.#random.integer(0, this.#world.users - 1);
  }

  #instance(): number {
    return this.#random.integer(0, Math.max(0, this.#world.clustered - 1));
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#random.integer(0, values.length - 1)] as T;
  }

  #times<T>(min: number, max: number, make: () => T): T[] {
    return Array.from({ length: this.#random.integer(min, max) }, make);
  }
}
