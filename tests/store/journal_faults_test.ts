import assert from "node:assert/strict";
import fc from "fast-check";
import { audit } from "../support/journal_audit.ts";
import { Cluster } from "../support/journal_harness.ts";
import { lateStories, stories, type Story, STREAMS } from "../support/journal_stories.ts";

Deno.test("whatever fails, an acknowledged entry is written once and any other once or not at all", async () => {
  const met = new Set<string>();
  const property = fc.asyncProperty(stories, async (story) => {
    const cluster = await playOut(story);
    for (const { faulty, trouble } of cluster.nodes) {
      for (const kind of [...faulty.met.keys(), ...trouble]) met.add(kind);
    }
    for (const { error } of cluster.attempts) {
      if (error instanceof Error) met.add(error.constructor.name);
    }
  });
  await fc.assert(property, { numRuns: 300 });
  // Else the stories have become too tame to prove anything.
  assert.deepEqual([...met].sort(), EVERYTHING);
});

Deno.test("a commit that is applied long after others neither repeats nor hides anything", async () => {
  const property = fc.asyncProperty(lateStories, async (story) => void await playOut(story));
  await fc.assert(property, { numRuns: 300 });
});

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
  "Overloaded",
  "Refused",
  "Unavailable",
  "UsedBefore",
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
async function publishEverywhere(cluster: Cluster): Promise<void> {
  for (const node of cluster.nodes) {
    for (const stream of STREAMS) {
      const step = { kind: "publish", collapseKey: undefined, onceAs: undefined } as const;
      const done = cluster.perform(node, { ...step, streams: [stream], bytes: 60 });
      await cluster.clock.until(done, { withinMs: 1_000 });
      assert.notEqual(cluster.attempts.at(-1)?.seqs, undefined);
    }
  }
}
