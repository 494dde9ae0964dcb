import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type ChangeLog,
  changesKept,
  EMPTY_CHANGE_LOG,
  lastChange,
  raiseFloor,
  recordChange,
} from "../../src/domain/change_log.ts";

/** A change so many numbers after the last event, or a floor so many below it. */
type Step = { readonly change: number } | { readonly raise: number };

const changes = fc.integer({ min: 1, max: 4 }).map((change): Step => ({ change }));
const raises = fc.nat(60).map((raise): Step => ({ raise }));
const maxima = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 21, max: 100 }));

const onlyChanges = fc.array(changes, { maxLength: 250, size: "max" });
const withRaises = fc.array(
  fc.oneof({ weight: 12, arbitrary: changes }, { weight: 1, arbitrary: raises }),
  { maxLength: 150, size: "max" },
);

Deno.test("the change log counts as a list of changes would, and keeps nearly all it may", () => {
  fc.assert(
    fc.property(onlyChanges, maxima, (steps, max) => {
      const all: number[] = [];
      run(steps, max, (log, seq) => {
        all.push(seq);
        const kept = all.filter((seq) => seq > log.floor);
        assert.equal(changesKept(log), kept.length);
        assert(kept.length <= max);
        assert(kept.length >= Math.min(all.length, max - Math.floor(max / 16)));
        assert.equal(lastChange(log), seq);
        assert(log.floor === 0 || all.includes(log.floor));
        assert(log.blocks.length <= 32, "the head would grow");
      });
    }),
    { numRuns: 500 },
  );
});

Deno.test("a floor that was raised never sinks, and no change above it is forgotten", () => {
  fc.assert(
    fc.property(withRaises, maxima, (steps, max) => {
      let all: number[] = [];
      let floor = 0;
      run(steps, max, (log, seq, step) => {
        if ("change" in step) all.push(seq);
        else floor = Math.max(floor, seq - step.raise);
        assert(log.floor >= floor);
        floor = log.floor;
        all = all.filter((seq) => seq > floor);
        // Below a raised floor some may still count, above it none may be missing.
        assert(changesKept(log) >= all.length);
        assert(changesKept(log) <= max);
        assert.equal(lastChange(log), all.at(-1) ?? 0);
        for (const block of log.blocks) assert(block.count > 0 && block.last > floor);
      });
    }),
    { numRuns: 500 },
  );
});

function run(
  steps: readonly Step[],
  max: number,
  after: (log: ChangeLog, seq: number, step: Step) => void,
): void {
  let log = EMPTY_CHANGE_LOG;
  let seq = 0;
  for (const step of steps) {
    if ("change" in step) {
      seq += step.change;
      log = recordChange(log, seq, max);
    } else {
      log = raiseFloor(log, seq - step.raise);
    }
    after(log, seq, step);
  }
}
