import assert from "node:assert/strict";
import { SharedClock } from "../../src/cluster/shared_clock.ts";
import { SkewedClock } from "../fakes/skewed_clock.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";

const MINUTE_MS = 60_000;
const FIVE = 5 * MINUTE_MS;
/** How long a reference takes to answer; it looks at its clock half-way. */
const TRIP_MS = 20;
/** As near as several answers in whole seconds tell. */
const NEAR_MS = 150;

class Reference {
  readonly clock: SkewedClock;
  answers = true;
  readonly #truth: VirtualClock;

  constructor(truth: VirtualClock, ahead = 0) {
    this.#truth = truth;
    this.clock = new SkewedClock(truth, ahead);
  }

  async ask(): Promise<number> {
    await this.#trip();
    if (!this.answers) throw new Error("no answer");
    const second = Math.floor(this.clock.now() / 1_000) * 1_000;
    await this.#trip();
    return second;
  }

  #trip(): Promise<void> {
    return new Promise((resolve) => this.#truth.after(TRIP_MS / 2, resolve));
  }
}

async function create(
  { ahead, referenceAhead = 0, answers = true }: {
    ahead: number;
    referenceAhead?: number;
    answers?: boolean;
  },
) {
  const truth = new VirtualClock();
  const machine = new SkewedClock(truth, ahead);
  const reference = new Reference(truth, referenceAhead);
  reference.answers = answers;
  const skews: number[] = [];
  const clock = new SharedClock({
    clock: machine,
    reference,
    onSkew: (ms) => skews.push(ms),
    onError: () => {},
  });
  await truth.until(clock.start(), { withinMs: 10_000 });
  /** How far it is from the truth. */
  const error = () => clock.now() - truth.now();
  return { truth, machine, reference, clock, skews, error };
}

for (const ahead of [FIVE, -FIVE, 1_500, -1_500, 86_400_000, FIVE + 999, -FIVE - 1]) {
  Deno.test(`a machine's clock that is ahead by ${ahead} ms changes nothing`, async () => {
    const { truth, clock, skews, error } = await create({ ahead });
    for (let i = 0; i < 200; i++) {
      assert(Math.abs(error()) <= NEAR_MS, `wrong by ${error()} ms`);
      await truth.advance(713);
    }
    assert.equal(skews.length, 1);
    assert(Math.abs((skews[0] as number) - ahead) <= NEAR_MS);
    clock.stop();
  });
}

Deno.test("clocks that agree but for less than a second are left alone", async () => {
  for (const ahead of [0, 300, -300]) {
    const { truth, clock, machine, skews } = await create({ ahead });
    for (let i = 0; i < 100; i++) {
      assert.equal(clock.now(), machine.now());
      await truth.advance(713);
    }
    assert.deepEqual(skews, []);
    clock.stop();
  }
});

Deno.test("whoever sets a machine's clock changes nothing, and neither does setting it right", async () => {
  const { truth, clock, machine, error } = await create({ ahead: 0 });
  await truth.advance(MINUTE_MS);
  for (const ahead of [FIVE, -FIVE, 0]) {
    machine.ahead = ahead;
    for (let i = 0; i < 100; i++) {
      assert(Math.abs(error()) <= NEAR_MS, `wrong by ${error()} ms`);
      await truth.advance(250);
    }
  }
  assert.equal(clock.skew, 0);
  clock.stop();
});

Deno.test("where two instances agree and the reference does not, it is the reference that is wrong", async () => {
  const { truth, clock, error } = await create({ ahead: 0, referenceAhead: FIVE });
  assert(Math.abs(error() - FIVE) <= NEAR_MS, "alone with the reference it believes it");
  clock.setOthers([-FIVE + 80]);
  assert.equal(error(), 0);
  for (let i = 0; i < 100; i++) {
    await truth.advance(713);
    assert.equal(error(), 0);
  }
  clock.stop();
});

Deno.test("where an instance is wrong and the others agree with the reference, it follows them", async () => {
  const { truth, clock, error } = await create({ ahead: -FIVE });
  for (const others of [[0], [0, 0], [0, 0, 0], [FIVE]]) {
    clock.setOthers(others);
    await truth.advance(20_000);
    assert(Math.abs(error()) <= NEAR_MS, `wrong by ${error()} ms`);
  }
  clock.stop();
});

Deno.test("while the reference does not answer the time goes on, and it is asked again", async () => {
  const { truth, reference, clock, error } = await create({ ahead: FIVE, answers: false });
  assert.equal(error(), FIVE);
  assert.equal(clock.ahead, undefined);
  reference.answers = true;
  await truth.advance(20_000);
  assert(Math.abs(error()) <= NEAR_MS);
  reference.answers = false;
  await truth.advance(60 * MINUTE_MS);
  assert(Math.abs(error()) <= NEAR_MS);
  clock.stop();
});
