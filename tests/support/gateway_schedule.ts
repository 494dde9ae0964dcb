import type { MarkOp } from "../../src/domain/event.ts";
import type { SeededRandom } from "./seeded_random.ts";
import type { Reading, Resume } from "./simulated_device.ts";

/** Something that happens in a schedule. Users and devices are given by their index. */
export type Action =
  | {
    readonly do: "publish";
    readonly users: readonly number[];
    readonly times: number;
    readonly kilobytes: number;
    readonly key?: string;
    readonly ttl?: number;
  }
  /** A mark on the nth newest live item or up to it; several to and fro. */
  | {
    readonly do: "mark";
    readonly user: number;
    readonly op: MarkOp;
    readonly nth: number;
    readonly upTo: boolean;
    readonly times: number;
  }
  | { readonly do: "recall"; readonly user: number; readonly nth: number }
  | {
    readonly do: "connect";
    readonly device: number;
    readonly resume: Resume;
    readonly early: boolean;
  }
  | { readonly do: "drop"; readonly device: number; readonly afterMessages: number }
  | { readonly do: "vanish"; readonly device: number }
  | { readonly do: "read"; readonly device: number; readonly how: Reading }
  | { readonly do: "refresh"; readonly device: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "yield"; readonly turns: number }
  | { readonly do: "days"; readonly days: number };

/** The world that a schedule happens in, and what happens. */
export interface Schedule {
  readonly seed: number;
  readonly users: number;
  /** For each device its user. */
  readonly devices: readonly number[];
  readonly itemsMax: number;
  readonly changesMax: number;
  /** Notifications may be so large that a reset does not hold all. */
  readonly large: boolean;
  /** Milliseconds that a way to the KV takes at most; 0: none at all. */
  readonly kvWayMax: number;
  readonly faults: boolean;
  readonly actions: readonly Action[];
}

const OPS: Readonly<Record<MarkOp, number>> = {
  read: 4,
  unread: 2,
  seen: 3,
  archive: 2,
  unarchive: 1,
  delete: 2,
};

/** Makes up a schedule; the same for the same seed. */
export function makeSchedule(seed: number, random: SeededRandom): Schedule {
  const pick = <T>(values: readonly T[]): T => values[random.integer(0, values.length - 1)] as T;
  const users = random.integer(1, 2);
  const devices = Array.from({ length: random.integer(1, 4) }, () => random.integer(0, users - 1));
  const itemsMax = pick([1, 2, 3, 5, 10, 40, 60]);
  const absences = pick([0.05, 0.05, 0.5]);
  const kvWayMax = pick([0, 0, 2, 5, 15]);
  const large = random.next() < 0.3;
  const world = {
    seed,
    users,
    devices,
    itemsMax,
    large,
    changesMax: pick([1, 2, 3, 5, 8, 40]),
    kvWayMax,
    faults: random.next() < 0.15,
  };
  const weights: Readonly<Record<Action["do"], number>> = {
    publish: 10,
    mark: 8,
    recall: 1,
    connect: 7,
    drop: 3,
    vanish: 1,
    read: large ? 5 : 1,
    refresh: 1,
    wait: 12,
    yield: 5,
    days: 1,
  };
  const action = (): Action => {
    const device = random.integer(0, devices.length - 1);
    const user = random.integer(0, users - 1);
    const nth = random.integer(0, itemsMax + 1);
    switch (random.weighted<Action["do"]>(weights, "wait")) {
      case "publish":
        return {
          do: "publish",
          users: random.next() < 0.3 ? [...Array(users).keys()] : [user],
          times: random.next() < 0.2 ? random.integer(2, itemsMax + 3) : 1,
          kilobytes: large ? pick([0, 4, 30, 45]) : 0,
          ...(random.next() < 0.3 ? { key: pick(["a", "b"]) } : {}),
          ...(random.next() < 0.15 ? { ttl: random.integer(1, 3) } : {}),
        };
      case "mark":
        return {
          do: "mark",
          user,
          op: random.weighted(OPS, "read"),
          nth,
          upTo: random.next() < 0.4,
          times: random.next() < 0.2 ? random.integer(2, 5) : 1,
        };
      case "recall":
        return { do: "recall", user, nth };
      case "connect": {
        const resume = random.weighted<Resume>(
          { cursor: 12, nothing: 1, "other-database": 1, future: 1 },
          "cursor",
        );
        return { do: "connect", device, resume, early: random.next() < 0.5 };
      }
      case "drop":
        return { do: "drop", device, afterMessages: pick([0, 0, 1, 1, 2, 3, 5, 8]) };
      case "vanish":
        return { do: "vanish", device };
      case "read":
        return { do: "read", device, how: pick<Reading>(["fast", "slow", "stalled"]) };
      case "refresh":
        return { do: "refresh", device };
      case "wait":
        return { do: "wait", ms: pick([0, 1, 3, 10, 30, 100, 300, 1_000]) };
      case "yield":
        return { do: "yield", turns: random.integer(1, 6) };
      case "days":
        return { do: "days", days: pick([1, 2, 5]) };
    }
  };
  /** A device is away while things change, and they go on changing while it catches up. */
  const absence = (): Action[] => {
    const device = random.integer(0, devices.length - 1);
    const user = devices[device] as number;
    const changes = (): Action[] =>
      Array.from({ length: random.integer(1, 5) }, () => ({
        do: "mark",
        user,
        op: random.weighted(OPS, "read"),
        nth: random.integer(0, Math.min(10, itemsMax - 1)),
        upTo: false,
        times: 1,
      }));
    return [
      { do: "drop", device, afterMessages: 0 },
      ...changes(),
      { do: "wait", ms: pick([0, 100, 1_000]) },
      { do: "connect", device, resume: "cursor", early: true },
      { do: "wait", ms: random.integer(0, kvWayMax * 3) },
      ...changes(),
      { do: "wait", ms: pick([10, 30, 100]) },
    ];
  };
  const actions: Action[] = random.next() < 0.5 ? [] : [
    { do: "publish", users: [...Array(users).keys()], times: Math.min(10, itemsMax), kilobytes: 0 },
    ...devices.keys().map((device): Action => (
      { do: "connect", device, resume: "cursor", early: true }
    )),
    { do: "wait", ms: 300 },
  ];
  for (let left = random.integer(5, absences < 0.5 ? 40 : 15); left > 0; left--) {
    if (random.next() < absences) actions.push(...absence());
    else actions.push(action());
  }
  if (random.next() < 0.03) actions.push({ do: "wait", ms: 70_000 });
  return { ...world, actions };
}

/** A schedule for people to read. */
export function describeSchedule({ actions, ...world }: Schedule): string {
  const lines = actions.map(({ do: name, ...details }) => `  ${name} ${plain(details)}`);
  return [`  ${plain(world)}`, ...lines].join("\n");
}

function plain(value: Record<string, unknown>): string {
  return Object.entries(value).map(([name, its]) => `${name}=${JSON.stringify(its)}`).join(" ");
}
