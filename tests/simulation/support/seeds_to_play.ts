/** The same ones for everybody, so that what fails is to be blamed on the change at hand. */
const FIRST = 20_261_122;

/**
 * The seeds that a search plays: so many, the same ones each time. With `SEED` in the environment only
 * that one; with `SEED=random` others each time, which is how more is tried than has been before.
 */
export function seedsToPlay(count: number): readonly number[] {
  const wish = Deno.env.get("SEED");
  if (wish !== undefined && wish !== "random") return [Number(wish)];
  const first = wish === undefined ? FIRST : Math.floor(Math.random() * 2 ** 30);
  return Array.from({ length: count }, (_, i) => first + i);
}
