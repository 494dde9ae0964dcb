import assert from "node:assert/strict";
import fc from "fast-check";
import type { StreamName } from "../../src/domain/stream_name.ts";
import { audit } from "./support/journal_audit.ts";
import { Cluster, type Node } from "./support/journal_harness.ts";
import { lateStories, type Step, stories, type Story, STREAMS } from "./support/journal_stories.ts";
import { hasCode, ServiceError } from "../../src/errors.ts";

Deno.test("whatever fails, an acknowledged entry is written once and any other once or not at all", async () => {
  const met = new Set<string>();
  const property = fc.asyncProperty(stories, async (story) => {
    const cluster = await playOut(story);
    for (const { faulty, trouble } of cluster.nodes) {
      for (const kind of [...faulty.met.keys(), ...trouble]) met.add(kind);
    }
    for (const { error } of cluster.attempts) {
      if (error instanceof ServiceError) met.add(error.code);
      else if (error instanceof Error) met.add(error.constructor.name);
    }
  });
  await fc.assert(property, { numRuns: 200 });
  // Else the stories have become too tame to prove anything.
  assert.deepEqual([...met].sort(), EVERYTHING);
});

Deno.test("a commit that is applied long after others neither repeats nor hides anything", async () => {
  const property = fc.asyncProperty(lateStories, async (story) => void await playOut(story));
  await fc.assert(property, { numRuns: 200 });
});

Deno.test("a journal that is closed at any moment answers everybody at once, and repeats nothing", async () => {
  const moment = fc.oneof(fc.nat(100), fc.nat(20_000));
  const property = fc.asyncProperty(stories, fc.nat(2), moment, async (story, number, at) => {
    const cluster = new Cluster(story.setting);
    const closing = cluster.node(number);
    cluster.clock.after(at, () => {
      closing.journal.close();
      cluster.clock.after(0, () => {
        const waiting = cluster.attempts.filter(({ node, answered }) =>
          node === closing && answered === undefined
        );
        if (waiting.length > 0) cluster.violations.push("somebody still waits");
      });
    });
    await cluster.play(story);
    await cluster.clock.advance(20_000);
    const late = cluster.perform(closing, NEXT);
    await cluster.clock.until(late, { withinMs: 0 });
    assert(hasCode(cluster.attempts.at(-1)?.error, "unavailable"));
    await cluster.calmDown();
    await publishEverywhere(cluster, { but: closing });
    await audit(cluster, { told: false });
    assert.equal(cluster.clock.pending, 0, "something still waits for its time");
  });
  await fc.assert(property, { numRuns: 100 });
});

const NEXT: Step & { kind: "publish" } = {
  kind: "publish",
  streams: [STREAMS[0] as StreamName],
  collapseKey: undefined,
  onceAs: undefined,
  bytes: 60,
};

/** Every fault, every trouble it can cause and every way in which an entry can fail. */
const EVERYTHING = [
  "fine",
  "refused",
  "answerLost",
  "answerLate",
  "limbo",
  "vanished",
  "falseConflict",
  "spuriousConflict",
  "locked",
  "exhausted",
  "timeout-or-error",
  "conflict",
  "spurious-conflict",
  "CorruptRecord",
  "Refused",
  "UsedBefore",
  "overloaded",
  "unavailable",
].sort();

/** Plays a story to its end and checks all that it left behind. */
async function playOut(story: Story): Promise<Cluster> {
  const cluster = new Cluster(story.setting);
  await cluster.play(story);
  await cluster.calmDown();
  await publishEverywhere(cluster);
  await audit(cluster);
  return cluster;
}

/** Once all is well again, every stream takes the next event from every journal. */
async function publishEverywhere(
  cluster: Cluster,
  { but }: { but?: Node } = {},
): Promise<void> {
  for (const node of cluster.nodes) {
    if (node === but) continue;
    for (const stream of STREAMS) {
      const done = cluster.perform(node, { ...NEXT, streams: [stream] });
      await cluster.clock.until(done, { withinMs: 1_000 });
      assert.notEqual(cluster.attempts.at(-1)?.seqs, undefined);
    }
  }
}
