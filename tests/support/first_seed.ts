/**
 * The first of the seeds that a search plays: `SEED` of the environment where it is set. In CI they are
 * the same ones each time, so that what fails there is to be blamed on the change; everywhere else they
 * are others each time, so that more and more is tried.
 */
export function firstSeed(): number {
  const given = Deno.env.get("SEED");
  if (given !== undefined) return Number(given);
  return Deno.env.get("CI") ? FIRST_IN_CI : Math.floor(Math.random() * 2 ** 30);
}

const FIRST_IN_CI = 20_261_122;
