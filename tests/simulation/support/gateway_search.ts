import { seedsToPlay } from "./seeds_to_play.ts";
import { play } from "./gateway_play.ts";
import { makeDisasters } from "./gateway_disaster_maker.ts";
import { describeSchedule, type Schedule } from "./gateway_schedule.ts";
import { makeSchedule } from "./gateway_schedule_maker.ts";

/**
 * Plays that many schedules, each from a seed of its own, and throws with the shortest part that it
 * finds of the first one that fails. `SEED` in the environment chooses others: {@link seedsToPlay}.
 *
 * @param clustered instances of a cluster; 0 is one that is alone
 */
export function playMany(count: number, { clustered }: { clustered: number }): Promise<void> {
  return playEach(count, (seed) => makeSchedule(seed, clustered));
}

/**
 * As {@link playMany}, with schedules of clusters in which instances die, stand still and lose sight
 * of their KV.
 */
export function playDisasters(count: number): Promise<void> {
  return playEach(count, makeDisasters);
}

async function playEach(count: number, make: (seed: number) => Schedule): Promise<void> {
  for (const seed of seedsToPlay(count)) {
    const schedule = make(seed);
    const failure = await failureOf(schedule);
    if (failure === undefined) continue;
    const shortest = await shorten(schedule);
    throw new Error(
      `SEED=${seed} fails (set it in the environment to play only this one), ` +
        `and so does this part of it:\n${describeSchedule(shortest)}`,
      { cause: await failureOf(shortest) ?? failure },
    );
  }
}

async function failureOf(schedule: Schedule): Promise<unknown> {
  try {
    await play(schedule);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Leaves out what can be left out, so that only what matters remains to be read. */
async function shorten(schedule: Schedule): Promise<Schedule> {
  let { actions } = schedule;
  for (let size = Math.ceil(actions.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = actions.length - size; at >= 0; at -= size) {
      const fewer = actions.toSpliced(at, size);
      if (await failureOf({ ...schedule, actions: fewer }) !== undefined) actions = fewer;
    }
  }
  return { ...schedule, actions };
}
