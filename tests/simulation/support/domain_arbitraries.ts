import fc from "fast-check";
import type { ChangeScope, MarkOp } from "../../../src/domain/event.ts";
import type { Intent } from "../../../src/domain/intent.ts";
import type { Item, Seq } from "../../../src/domain/item.ts";
import { dayOf, startOfDay } from "../../../src/domain/days.ts";
import type { StreamLimits } from "../../../src/domain/stream.ts";
import { NaiveStream } from "./naive_stream.ts";

/** Intents that are taken together, and when (milliseconds since the epoch). */
export interface Batch {
  readonly now: number;
  readonly intents: readonly Intent[];
}

/** What a stream goes through, and how much it may keep; prints as a readable list. */
export class Story {
  constructor(readonly limits: StreamLimits, readonly batches: readonly Batch[]) {}

  /** All intents, one after the other. */
  get intents(): Intent[] {
    return this.batches.flatMap((batch) => batch.intents);
  }

  /** The same story, had nobody had such intents. */
  without(kind: Intent["kind"]): Story {
    const batches = this.batches.map(({ now, intents }): Batch => (
      { now, intents: intents.filter((intent) => intent.kind !== kind) }
    ));
    return new Story(this.limits, batches);
  }

  [fc.toStringMethod](): string {
    const { itemsMax, changesMax, retentionDays } = this.limits;
    const lines = this.batches.map(({ now, intents }) =>
      `  day ${dayOf(now)}: ${intents.map(showIntent).join("; ")}`
    );
    return [`itemsMax ${itemsMax}, changesMax ${changesMax}, days ${retentionDays}`, ...lines]
      .join("\n");
  }
}

export interface StoryOptions {
  /** Whether it is also told of rows that were swept, truly or not; true unless told. */
  readonly chattering?: boolean;
}

/**
 * Stories on streams that are so small that they are trimmed all the time, and on some that have
 * room for many items at once. Marks mostly hit live items, sometimes gone, unknown, doubled or
 * future ones; the clock mostly advances, sometimes over days, and is sometimes set, by hours or by
 * years, forwards or back.
 */
export function stories(options: StoryOptions = {}): fc.Arbitrary<Story> {
  const { chattering = true } = options;
  const kinds = chattering ? [...plans, { weight: 1, arbitrary: sweptPlans }] : plans;
  const batch = fc.tuple(advances, fc.array(fc.oneof(...kinds), { maxLength: 8 }));
  return fc.tuple(limits, fc.array(batch, { minLength: 1, maxLength: BATCHES_MAX, size: "max" }))
    .map(([limits, batches]) => tell(limits, batches));
}

/** Most batches of a story. */
const BATCHES_MAX = 12;

/** For each batch of a story whether the sweeper comes by after it. */
export const sweeps: fc.Arbitrary<readonly boolean[]> = fc.oneof(
  fc.constant([]),
  fc.array(fc.boolean(), { minLength: BATCHES_MAX, maxLength: BATCHES_MAX }),
);

const FIRST_DAY = 20_000;
const HOUR_MS = 3_600_000;

const small = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }));
// Above 31 changes a block holds more than one; above 32 items their rows are left to the sweeper.
const roomy = fc.tuple(fc.integer({ min: 30, max: 44 }), fc.integer({ min: 30, max: 50 }));

const limits: fc.Arbitrary<StreamLimits> = fc.tuple(
  fc.oneof({ weight: 7, arbitrary: small }, { weight: 2, arbitrary: roomy }),
  fc.integer({ min: 0, max: 3 }),
).map(([[itemsMax, changesMax], retentionDays]) => ({ itemsMax, changesMax, retentionDays }));

/** Milliseconds that pass before a batch. */
const advances = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 9 }).map((hours) => hours * HOUR_MS) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 3 }).map((days) => days * 24 * HOUR_MS) },
  { weight: 1, arbitrary: fc.integer({ min: -30, max: -1 }).map((hours) => hours * HOUR_MS) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-400, -3, -2, 2, 400).map((days) => days * 24 * HOUR_MS),
  },
);

/** A way to point at an event that is resolved when it is known which there are. */
type Pick = { readonly live: number } | { readonly back: number };

const picks: fc.Arbitrary<Pick> = fc.oneof(
  { weight: 3, arbitrary: fc.nat(9).map((live) => ({ live })) },
  { weight: 1, arbitrary: fc.integer({ min: -3, max: 12 }).map((back) => ({ back })) },
);

type Plan = (stream: NaiveStream, now: number) => Intent[];

const OPS: MarkOp[] = ["read", "unread", "seen", "archive", "unarchive", "delete"];

const publishPlans: fc.Arbitrary<Plan> = fc.constantFrom(undefined, undefined, "a", "b", "c")
  .map((key) => (stream) => [{ kind: "publish", item: item(stream.seq + 1, key) }]);

const burstPlans: fc.Arbitrary<Plan> = fc.integer({ min: 5, max: 45 }).map((count) => (stream) =>
  stream.limits.itemsMax < 30 ? [] : Array.from({ length: count }, (_, i): Intent => (
    { kind: "publish", item: item(stream.seq + 1 + i, undefined) }
  ))
);

const markPlans: fc.Arbitrary<Plan> = fc.tuple(
  fc.constantFrom(...OPS),
  fc.boolean(),
  fc.array(picks, { minLength: 1, maxLength: 4 }),
).map(([op, bounded, picked]) => (stream) => {
  const items = picked.map((pick) => resolve(pick, stream));
  const scope: ChangeScope = bounded ? { upTo: items[0] ?? 0 } : { items };
  return [{ kind: "mark", op, scope }];
});

const removalPlans: fc.Arbitrary<Plan> = fc.tuple(fc.constantFrom("expire", "recall"), picks)
  .map(([kind, pick]) => (stream) => [{ kind, seq: resolve(pick, stream) }]);

const retainPlans: fc.Arbitrary<Plan> = fc.integer({ min: -1, max: 3 })
  .map((ago) => (_, now) => [{ kind: "retain", day: dayOf(now) - ago }]);

const sweptPlans: fc.Arbitrary<Plan> = fc.tuple(picks, fc.nat(40))
  .map(([pick, items]) => (stream) => [{ kind: "swept", upTo: resolve(pick, stream), items }]);

const openPlans: fc.Arbitrary<Plan> = fc.constant(() => [{ kind: "open" }]);

const plans = [
  { weight: 10, arbitrary: publishPlans },
  { weight: 10, arbitrary: markPlans },
  { weight: 3, arbitrary: removalPlans },
  { weight: 1, arbitrary: retainPlans },
  { weight: 3, arbitrary: burstPlans },
  { weight: 1, arbitrary: openPlans },
];

/** Makes intents of plans; the naive model says which items there are to point at. */
function tell(limits: StreamLimits, planned: readonly (readonly [number, Plan[]])[]): Story {
  const stream = new NaiveStream(limits);
  let now = startOfDay(FIRST_DAY);
  const batches = planned.map(([advance, plans]): Batch => {
    now += advance;
    const intents = plans.flatMap((plan) => {
      const planned = plan(stream, now);
      for (const intent of planned) stream.take(intent, now);
      return planned;
    });
    return { now, intents };
  });
  return new Story(limits, batches);
}

function resolve(pick: Pick, stream: NaiveStream): Seq {
  if ("back" in pick) return Math.max(0, stream.seq - pick.back);
  const live = stream.live;
  return live[live.length - 1 - pick.live % live.length] ?? stream.seq;
}

const NO_BYTES = new Uint8Array();

/** An item without content; its number makes its id unique in a story. */
export function item(number: number, collapseKey: string | undefined): Item {
  const rest = { json: "{}", bytes: NO_BYTES };
  const id = `n${number}`;
  return collapseKey === undefined ? { id, ...rest } : { id, ...rest, collapseKey };
}

function showIntent(intent: Intent): string {
  switch (intent.kind) {
    case "publish":
      return `publish ${intent.item.id} ${intent.item.collapseKey ?? ""}`.trim();
    case "mark":
      return `${intent.op} ${
        "upTo" in intent.scope ? `up to ${intent.scope.upTo}` : `[${intent.scope.items}]`
      }`;
    case "markTopic":
      return `${intent.op} of ${intent.topic}`;
    case "join":
    case "leave":
      return `${intent.kind} ${intent.topic}`;
    case "expire":
    case "recall":
      return `${intent.kind} ${intent.seq}`;
    case "retain":
      return `retain day ${intent.day}`;
    case "swept":
      return `swept up to ${intent.upTo}, ${intent.items} items`;
    case "erase":
    case "open":
      return intent.kind;
    case "route":
      return `route to ${intent.instance}`;
    case "unroute":
      return `no route to [${intent.instances}]`;
  }
}
