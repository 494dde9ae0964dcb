import type { Action, Disaster, Schedule } from "./gateway_schedule.ts";
import { makeSchedule } from "./gateway_schedule_maker.ts";
import { SeededRandom } from "./seeded_random.ts";

const INSTANCES_MIN = 2;
const INSTANCES_MAX = 5;
const SKEW_MAX_MS = 300_000;
/** Beyond what a lease lasts, and below. */
const STOPS_MS = [100, 700, 3_000, 9_000, 14_000, 30_000];
const OUTAGES_MS = [50, 400, 2_000, 11_000];
const BACK_MS = [0, 300, 2_000, 9_000];

/**
 * Makes up a schedule of a cluster in which instances die, stand still and lose sight of their KV, the
 * same for the same seed.
 */
export function makeDisasters(seed: number): Schedule {
  const random = new SeededRandom(seed ^ 0xd15a57e);
  const clustered = random.integer(INSTANCES_MIN, INSTANCES_MAX);
  const { actions, ...world } = makeSchedule(seed, clustered, { crowded: true });
  const all: Action[] = actions.filter((action) => action.do !== "days");
  const disasters = random.integer(1, 8);
  for (let i = 0; i < disasters; i++) {
    all.splice(random.integer(0, all.length), 0, ...disaster(random, { ...world, clustered }));
  }
  return {
    ...world,
    // Often enough nothing must have been removed by the end, so that all of it has to be there.
    itemsMax: random.next() < 0.4 ? 500 : world.itemsMax,
    changesMax: random.next() < 0.4 ? 500 : world.changesMax,
    kvWayMax: pick(random, [1, 2, 5, 15, 40]),
    faults: random.next() < 0.4,
    skews: Array.from({ length: clustered }, () => {
      return random.next() < 0.5 ? 0 : random.integer(-SKEW_MAX_MS, SKEW_MAX_MS);
    }),
    lastWord: random.next() < 0.3,
    lastDeath: random.next() < 0.2,
    actions: all,
  };
}

type Size = Pick<Schedule, "users" | "topics" | "clustered">;

/** One of them, with what makes it hurt. */
function disaster(
  random: SeededRandom,
  size: Size,
): Action[] {
  const { users, clustered } = size;
  const kind = random.weighted<Disaster["do"]>(
    { burst: 4, campaign: 4, kill: 4, stop: 3, outage: 1.5, deafen: 1 },
    "burst",
  );
  const instance = random.integer(0, clustered - 1);
  const user = random.integer(0, users - 1);
  const burst: Action = {
    do: "burst",
    user,
    ...perhapsTopic(random, size),
    times: random.integer(1, 3),
  };
  const afterCalls = random.next() < 0.2 ? 0 : random.integer(1, 12);
  switch (kind) {
    case "burst":
      return [burst];
    case "campaign":
      return [campaign(random, size)];
    case "kill": {
      const back = random.next() < 0.7 ? { backMs: pick(random, BACK_MS) } : {};
      const kill: Action = {
        do: "kill",
        instance,
        afterCalls,
        reaches: random.next() < 0.6,
        ...back,
      };
      return random.next() < 0.5 ? [kill, work(random, burst, size)] : [kill];
    }
    case "stop": {
      const stop: Action = { do: "stop", instance, afterCalls, ms: pick(random, STOPS_MS) };
      return [
        stop,
        work(random, burst, size),
        { do: "wait", ms: pick(random, [0, 1_000, 12_000]) },
      ];
    }
    case "outage":
      return [
        {
          do: "outage",
          how: random.next() < 0.5 ? "refused" : "vanished",
          ms: pick(random, OUTAGES_MS),
        },
        burst,
      ];
    case "deafen":
      return [{ do: "deafen", instance }, burst];
  }
}

function work(
  random: SeededRandom,
  burst: Action,
  size: Size,
): Action {
  return random.next() < 0.5 ? burst : campaign(random, size);
}

function campaign(
  random: SeededRandom,
  size: Size,
): Action {
  const { users, clustered } = size;
  const first = random.integer(0, clustered - 1);
  return {
    do: "campaign",
    ...perhapsTopic(random, size),
    users: [...Array(users).keys()].filter(() => random.next() < 0.7),
    more: pick(random, [1, 10, 24]),
    instances: random.next() < 0.4 ? [first, random.integer(0, clustered - 1)] : [first],
  };
}

function perhapsTopic(random: SeededRandom, { topics }: Size): { topic?: number } {
  return random.next() < 0.4 ? { topic: random.integer(0, topics - 1) } : {};
}

function pick<T>(random: SeededRandom, values: readonly T[]): T {
  return values[random.integer(0, values.length - 1)] as T;
}
