// long: thousands of schedules
import assert from "node:assert/strict";
import { makeDisasters } from "./support/gateway_disaster_maker.ts";
import { play } from "./support/gateway_play.ts";
import { playDisasters } from "./support/gateway_search.ts";
import type { Applied } from "../fakes/memory_kv.ts";

/** `SCHEDULES` in the environment plays another number; `SEED` plays only the one that it names,
 * `SEED=random` others than ever before. */
const SCHEDULES = 1_500;

Deno.test("whichever instances die, stand still or lose their KV, what was acknowledged reaches every device once and in order", async () => {
  await playDisasters(Number(Deno.env.get("SCHEDULES") ?? SCHEDULES));
});

Deno.test("a seed tells the whole story of a cluster, down to each byte that is written", async () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const { history } = await play(makeDisasters(seed));
    const again = await play(makeDisasters(seed));
    const other = await play(makeDisasters(seed + 1_000));
    assert(written(history) === written(again.history), `seed ${seed} goes one way or another`);
    assert(written(history) !== written(other.history));
  }
});

function written(history: readonly Applied[]): string {
  return JSON.stringify(history, (_, value) => value instanceof Uint8Array ? value.toHex() : value);
}
