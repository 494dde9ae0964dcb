import assert from "node:assert/strict";
import { recordDay } from "../../src/domain/days.ts";

Deno.test("clocks that differ by a day at most change no day mark", () => {
  const days = [{ day: 10, first: 1 }, { day: 11, first: 5 }];
  assert.equal(recordDay(days, 11, 8), days);
  assert.equal(recordDay(days, 10, 8), days);
});
