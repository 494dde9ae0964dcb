import fc from "fast-check";
import type { ChangeScope, MarkOp } from "../../../src/domain/event.ts";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import type { Odds } from "../../fakes/faulty_kv.ts";

/** Something that a caller asks of a journal. */
export type Step =
  | {
    readonly kind: "publish";
    readonly streams: readonly StreamName[];
    readonly collapseKey: string | undefined;
    /** At most one publish with the same key is admitted. */
    readonly onceAs: string | undefined;
    readonly bytes: number;
  }
  | {
    readonly kind: "mark";
    readonly stream: StreamName;
    readonly op: MarkOp;
    readonly scope: ChangeScope;
  }
  | { readonly kind: "expire"; readonly stream: StreamName; readonly seq: number }
  | { readonly kind: "open"; readonly stream: StreamName }
  | { readonly kind: "swept"; readonly stream: StreamName }
  /** Its `validate` always throws. */
  | { readonly kind: "refused"; readonly stream: StreamName }
  /** Its `complete` always throws. */
  | { readonly kind: "faulty"; readonly stream: StreamName }
  /** A publish to a stream whose head is not one, and to another stream. */
  | { readonly kind: "corrupt"; readonly stream: StreamName }
  /** Not an entry: somebody reads the head. */
  | { readonly kind: "look"; readonly stream: StreamName };

/** Somebody who does one thing after the other, or everything at once. */
export interface Caller {
  /** Which journal is asked; taken modulo their number. */
  readonly node: number;
  readonly atOnce: boolean;
  /** `wait`: milliseconds before it. */
  readonly steps: readonly { readonly wait: number; readonly step: Step }[];
}

export interface Outage {
  readonly at: number;
  readonly ms: number;
}

/** What a story is played with. */
export interface Setting {
  readonly seed: number;
  /** Journals on the same store. */
  readonly nodes: number;
  readonly checksMax: number;
  readonly commitsMax: number;
  readonly queueMax: number;
  readonly queueBytesMax: number;
  readonly itemsMax: number;
  readonly changesMax: number;
  readonly odds: Odds;
  readonly outages: readonly Outage[];
}

export interface Story {
  readonly setting: Setting;
  readonly callers: readonly Caller[];
}

/** As few as contend, and one more than the checks of a commit. */
export const STREAMS: readonly StreamName[] = Array.from(
  { length: 11 },
  (_, i): StreamName => `user:${i}`,
);

/** No entry can be written to it, since its head is not a head. */
export const CORRUPT: StreamName = "user:corrupt";

// Most of what happens concerns the first few streams.
const stream = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...STREAMS.slice(0, 3)) },
  { weight: 1, arbitrary: fc.constantFrom(...STREAMS) },
);

const scope: fc.Arbitrary<ChangeScope> = fc.oneof(
  fc.record({ upTo: fc.nat(25) }),
  fc.record({ items: fc.array(fc.nat(25), { maxLength: 5 }) }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("publish"),
      streams: fc.uniqueArray(stream, { minLength: 1, maxLength: 8 }),
      collapseKey: fc.constantFrom(undefined, undefined, "a", "b"),
      onceAs: fc.constantFrom(undefined, undefined, undefined, "x", "y", "z"),
      // As large as an item may be: seven of them fill a batch.
      bytes: fc.constantFrom(60, 60, 60, 60, 49_152),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("mark"),
      stream,
      op: fc.constantFrom("read", "unread", "seen", "archive", "unarchive", "delete"),
      scope,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("expire"), stream, seq: fc.nat(25) }) },
  ...(["open", "swept", "refused", "faulty", "corrupt"] as const).map((kind) => ({
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant(kind), stream }),
  })),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("look"), stream }) },
) as fc.Arbitrary<Step>;

const few = fc.constantFrom(...STREAMS.slice(0, 4));

const smallPublish: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("publish"),
  streams: fc.uniqueArray(few, { minLength: 1, maxLength: 2 }),
  collapseKey: fc.constant(undefined),
  onceAs: fc.constant(undefined),
  bytes: fc.constant(60),
});

const noChange: fc.Arbitrary<Step> = fc.record({ kind: fc.constant("open"), stream: few });

const caller: fc.Arbitrary<Caller> = fc.record({
  node: fc.nat(2),
  atOnce: fc.boolean(),
  steps: fc.array(
    fc.record({ wait: fc.oneof(fc.constant(0), fc.nat(40), fc.nat(1_500)), step }),
    { minLength: 1, maxLength: 12, size: "max" },
  ),
});

// A fate is left out as often as not, so that stories differ in character.
const weight = fc.oneof(fc.constant(0), fc.nat(4));

export const anyOdds: fc.Arbitrary<Odds> = fc.record({
  commit: fc.record({
    fine: fc.integer({ min: 1, max: 10 }),
    refused: weight,
    answerLost: weight,
    answerLate: weight,
    limbo: weight,
    vanished: weight,
    falseConflict: weight,
    spuriousConflict: weight,
    locked: weight,
    exhausted: weight,
  }),
  read: fc.record({
    fine: fc.integer({ min: 5, max: 20 }),
    refused: weight,
    vanished: weight,
    locked: weight,
  }),
});

/** Nothing fails. */
export const NO_FAULTS: Odds = {
  commit: {
    fine: 1,
    refused: 0,
    answerLost: 0,
    answerLate: 0,
    limbo: 0,
    vanished: 0,
    falseConflict: 0,
    spuriousConflict: 0,
    locked: 0,
    exhausted: 0,
  },
  read: { fine: 1, refused: 0, vanished: 0, locked: 0 },
};

/**
 * Stories in which most commits are applied late, or are reported as what they are not, while others
 * go on, many of which change nothing.
 */
export const lateStories: fc.Arbitrary<Story> = fc.record({
  setting: fc.record({
    seed: fc.nat(),
    nodes: fc.integer({ min: 1, max: 2 }),
    checksMax: fc.constant(10),
    commitsMax: fc.integer({ min: 1, max: 2 }),
    queueMax: fc.constant(4_096),
    queueBytesMax: fc.constant(64 * 1024 * 1024),
    itemsMax: fc.constant(100),
    changesMax: fc.constant(100),
    odds: fc.constant({
      ...NO_FAULTS,
      commit: {
        ...NO_FAULTS.commit,
        fine: 2,
        answerLost: 1,
        limbo: 3,
        falseConflict: 2,
        spuriousConflict: 2,
      },
    }),
    outages: fc.constant([]),
  }),
  callers: fc.array(
    fc.record({
      node: fc.nat(1),
      atOnce: fc.boolean(),
      steps: fc.array(
        fc.record({ wait: fc.nat(2_000), step: fc.oneof(smallPublish, noChange) }),
        { minLength: 1, maxLength: 12, size: "max" },
      ),
    }),
    { minLength: 1, maxLength: 4, size: "max" },
  ),
});

/** One journal that nothing happens to by itself. */
export const QUIET: Setting = {
  seed: 1,
  nodes: 1,
  checksMax: 10,
  commitsMax: 3,
  queueMax: 4_096,
  queueBytesMax: 64 * 1024 * 1024,
  itemsMax: 100,
  changesMax: 100,
  odds: NO_FAULTS,
  outages: [],
};

const setting: fc.Arbitrary<Setting> = fc.record({
  seed: fc.nat(),
  nodes: fc.integer({ min: 1, max: 3 }),
  checksMax: fc.constantFrom(10, 32),
  commitsMax: fc.integer({ min: 1, max: 4 }),
  queueMax: fc.constantFrom(4, 20, 4_096),
  queueBytesMax: fc.constantFrom(100_000, 64 * 1024 * 1024),
  itemsMax: fc.integer({ min: 1, max: 12 }),
  changesMax: fc.integer({ min: 1, max: 20 }),
  odds: anyOdds,
  outages: fc.array(fc.record({ at: fc.nat(4_000), ms: fc.nat(20_000) }), { maxLength: 1 }),
});

/** Everything that journals can live through. */
export const stories: fc.Arbitrary<Story> = fc.record({
  setting,
  callers: fc.array(caller, { minLength: 1, maxLength: 6, size: "max" }),
});
