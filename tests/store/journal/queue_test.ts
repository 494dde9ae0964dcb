import assert from "node:assert/strict";
import fc from "fast-check";
import {
  BATCH_BYTES_MAX,
  BATCH_KEY_BYTES_MAX,
  BATCH_MUTATIONS_MAX,
  type EntrySize,
} from "../../../src/store/journal/entry.ts";
import { BatchQueue } from "../../../src/store/journal/queue.ts";

interface Waiting {
  readonly number: number;
  readonly size: EntrySize;
}

/** What happens to a queue: entries come, a batch is taken, the so-many-th batch is done, or some go. */
type Move =
  | { readonly move: "push"; readonly size: EntrySize }
  | { readonly move: "take" }
  | { readonly move: "release"; readonly which: number }
  | { readonly move: "remove"; readonly every: number };

const CHECKS_MAX = 10;

const lock = fc.constantFrom(..."abcdefghijklmnop");
const exclusiveLock = fc.constantFrom(..."XYZ");

const size: fc.Arbitrary<EntrySize> = fc.record({
  shared: fc.oneof(
    { weight: 4, arbitrary: fc.uniqueArray(lock, { minLength: 1, maxLength: 2 }) },
    { weight: 1, arbitrary: fc.uniqueArray(lock, { maxLength: 8 }) },
  ),
  exclusive: fc.uniqueArray(exclusiveLock, { maxLength: 1 }),
  mutations: fc.oneof(fc.constant(14), fc.nat(BATCH_MUTATIONS_MAX + 100)),
  bytes: fc.oneof(fc.constant(300), fc.nat(BATCH_BYTES_MAX + 100_000)),
  keyBytes: fc.oneof(fc.constant(300), fc.nat(BATCH_KEY_BYTES_MAX + 1_000)),
}).map(({ shared, exclusive, ...rest }) => ({
  locks: [...shared, ...exclusive],
  exclusive,
  ...rest,
}));

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ move: fc.constant("push"), size }) },
    { weight: 3, arbitrary: fc.constant({ move: "take" }) },
    { weight: 2, arbitrary: fc.record({ move: fc.constant("release"), which: fc.nat(3) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        move: fc.constant("remove"),
        every: fc.integer({ min: 2, max: 9 }),
      }),
    },
  ) as fc.Arbitrary<Move>,
  { maxLength: 120, size: "max" },
);

/** A queue whose every batch is checked against what entries have been pushed. */
class CheckedQueue {
  readonly queue = new BatchQueue<Waiting>({ checksMax: CHECKS_MAX });
  readonly inFlight: Waiting[][] = [];
  #waiting: Waiting[] = [];
  #pushed = 0;

  push(size: EntrySize): void {
    const entry = { number: this.#pushed++, size };
    this.#waiting.push(entry);
    this.queue.push(entry);
    const isBusy = this.inFlight.some((batch) => batch.some((other) => meet(entry, other)));
    assert.equal(this.queue.isFree(entry), !isBusy);
  }

  take(): Waiting[] {
    const batch = this.queue.take();
    this.#assertFits(batch);
    for (const [i, entry] of batch.entries()) {
      const earlier = this.#waiting.filter(({ number }) => number < entry.number);
      for (const other of earlier) {
        const isTaken = batch.indexOf(other) !== -1 && batch.indexOf(other) < i;
        assert(isTaken || !meet(entry, other), `${entry.number} overtakes ${other.number}`);
      }
      for (const others of this.inFlight) {
        assert(!others.some((other) => meet(entry, other)), `${entry.number} is not free`);
      }
    }
    // Nothing can be free while nothing is in flight.
    assert(batch.length > 0 || this.inFlight.length > 0 || this.#waiting.length === 0);
    this.#waiting = this.#waiting.filter((entry) => !batch.includes(entry));
    if (batch.length > 0) this.inFlight.push(batch);
    this.#assertSameWaiting();
    return batch;
  }

  release(which: number): void {
    const [batch] = this.inFlight.splice(which % this.inFlight.length, 1);
    if (batch !== undefined) this.queue.release(batch);
  }

  remove(every: number): void {
    const goes = ({ number }: Waiting) => number % every === 0;
    assert.deepEqual(this.queue.remove(goes), this.#waiting.filter(goes));
    this.#waiting = this.#waiting.filter((entry) => !goes(entry));
    this.#assertSameWaiting();
  }

  #assertSameWaiting(): void {
    assert.equal(this.queue.length, this.#waiting.length);
    assert.equal(this.queue.oldest, this.#waiting[0]);
  }

  /** An entry that is too large by itself goes alone. */
  #assertFits(batch: readonly Waiting[]): void {
    const exclusive = batch.flatMap(({ size }) => size.exclusive);
    assert.equal(new Set(exclusive).size, exclusive.length, "a row is read by two of a batch");
    if (batch.length < 2) return;
    const sum = (of: (size: EntrySize) => number) =>
      batch.reduce((total, { size }) => total + of(size), 0);
    assert(new Set(batch.flatMap(({ size }) => size.locks)).size <= CHECKS_MAX);
    assert(sum(({ mutations }) => mutations) <= BATCH_MUTATIONS_MAX);
    assert(sum(({ bytes }) => bytes) <= BATCH_BYTES_MAX);
    assert(sum(({ keyBytes }) => keyBytes) <= BATCH_KEY_BYTES_MAX);
  }
}

function meet(a: Waiting, b: Waiting): boolean {
  return a.size.locks.some((lock) => b.size.locks.includes(lock));
}

Deno.test("a batch never overtakes, never shares a stream with another, and always fits", () => {
  fc.assert(
    fc.property(moves, (moves) => {
      const checked = new CheckedQueue();
      for (const move of moves) {
        if (move.move === "push") checked.push(move.size);
        else if (move.move === "take") checked.take();
        else if (move.move === "release") checked.release(move.which);
        else checked.remove(move.every);
      }
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("every entry is taken in the end, the first of all those that wait with the next batch", () => {
  fc.assert(
    fc.property(fc.array(size, { maxLength: 300, size: "max" }), fc.nat(3), (sizes, late) => {
      const checked = new CheckedQueue();
      for (const size of sizes) checked.push(size);
      while (checked.queue.length > 0) {
        const { oldest } = checked.queue;
        const isFree = oldest !== undefined && checked.queue.isFree(oldest);
        const batch = checked.take();
        if (isFree) assert.equal(batch[0], oldest);
        if (batch.length === 0 || checked.inFlight.length > late) checked.release(0);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("entries of many streams go out together, and one busy stream holds up only itself", () => {
  const queue = new BatchQueue<Waiting>({ checksMax: CHECKS_MAX });
  const entry = (number: number, lock: string): Waiting => ({
    number,
    size: { locks: [lock], exclusive: [], mutations: 14, bytes: 300, keyBytes: 300 },
  });
  for (let i = 0; i < 40; i++) queue.push(entry(i, "busy"));
  assert.equal(queue.take().length, 40);
  for (let i = 40; i < 60; i++) queue.push(entry(i, "busy"));
  for (let i = 60; i < 80; i++) queue.push(entry(i, `other ${i % 10}`));
  assert.deepEqual(queue.take().map(({ number }) => number), Array.from(range(60, 80)));
  assert.deepEqual(queue.take(), []);
});

function* range(from: number, to: number): Generator<number> {
  for (let i = from; i < to; i++) yield i;
}
