import assert from "node:assert/strict";
import fc from "fast-check";
import { createNewId, timeOf } from "../../src/encoding/uuid_v7.ts";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

Deno.test("an id is a UUIDv7 that tells when it was made", () => {
  const now = 1_800_000_000_123;
  const id = createNewId({ now: () => now })();
  assert.match(id, UUID_V7);
  assert.equal(timeOf(id), now);
});

Deno.test("ids only ever rise, whatever the clock does", () => {
  fc.assert(fc.property(
    fc.array(fc.nat({ max: 2 ** 48 - 1_000_000 }), { minLength: 1, maxLength: 200 }),
    (clock) => {
      let step = 0;
      const newId = createNewId({ now: () => clock[step++ % clock.length] ?? 0 });
      let last = "";
      let latest = 0;
      for (const time of clock) {
        const id = newId();
        latest = Math.max(latest, time);
        assert.match(id, UUID_V7);
        assert(id > last, `${id} after ${last}`);
        assert(timeOf(id) >= latest);
        last = id;
      }
    },
  ));
});

Deno.test("tens of thousands of ids in one millisecond rise too, and none comes twice", () => {
  const newId = createNewId({ now: () => 1_800_000_000_000 });
  const ids = Array.from({ length: 50_000 }, newId);
  // Compared one by one: the difference of two such lists takes minutes to print.
  assert(ids.every((id, i) => i === 0 || id > (ids[i - 1] ?? "")));
  // Each millisecond of the id's own time holds at least half of the 4,096 that the counter can count.
  assert(timeOf(ids.at(-1) ?? "") - 1_800_000_000_000 <= 50_000 / 2048);
});

Deno.test("two processes don't make the same id in the same millisecond", () => {
  const now = () => 1_800_000_000_000;
  const [one, other] = [createNewId({ now }), createNewId({ now })];
  const ids = Array.from({ length: 2000 }, () => [one(), other()]).flat();
  assert.equal(new Set(ids).size, ids.length);
});
