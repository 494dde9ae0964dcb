import { describeSchedule, makeSchedule, type Schedule } from "../support/gateway_schedule.ts";
import { play } from "../support/gateway_play.ts";
import { SeededRandom } from "../support/seeded_random.ts";

const RUNS = 2_000;

Deno.test("whatever happens, every device ends equal to the inbox, and nothing is left of those that went", async () => {
  const given = Deno.env.get("SEED");
  const first = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  const runs = given === undefined ? RUNS : 1;
  for (let seed = first; seed < first + runs; seed++) {
    const schedule = makeSchedule(seed, new SeededRandom(seed));
    const failure = await failureOf(schedule);
    if (failure === undefined) continue;
    const shortest = await shorten(schedule);
    throw new Error(
      `SEED=${seed} fails, and so does this part of it:\n${describeSchedule(shortest)}`,
      { cause: await failureOf(shortest) ?? failure },
    );
  }
});

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
