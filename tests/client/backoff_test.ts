import assert from "node:assert/strict";
import { backoff } from "../../client/src/clock.ts";

Deno.test("the wait between attempts is from half a second up to a bound that doubles to 20 s", () => {
  const bounds = [0, 1, 2, 3, 20, 2000].map((failures) => backoff(failures, () => 1));
  assert.deepEqual(bounds, [1000, 2000, 4000, 8000, 20_000, 20_000]);
  for (const failures of [0, 7, 2000]) assert.equal(backoff(failures, () => 0), 500);
});
