import assert from "node:assert/strict";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import { audit } from "../../simulation/support/journal_audit.ts";
import { Cluster } from "../../simulation/support/journal_harness.ts";
import { QUIET, type Step, STREAMS } from "../../simulation/support/journal_stories.ts";

const ROUNDS = 100;
const [ada] = STREAMS as [StreamName];
const publish: Step = {
  kind: "publish",
  streams: [ada],
  collapseKey: undefined,
  onceAs: undefined,
  bytes: 60,
};

Deno.test("instances that write the same stream in turn soon look first instead of conflicting", async () => {
  const cluster = new Cluster({ ...QUIET, nodes: 2 });
  const perform = async (node: number) => {
    const done = cluster.perform(cluster.node(node), publish);
    await cluster.clock.until(done, { withinMs: 60_000 });
  };
  for (let i = 0; i < 2 * ROUNDS; i++) await perform(i % 2);
  const conflicts = cluster.nodes.map(({ trouble }) => trouble.length);
  // Each is surprised a few times, until it knows.
  for (const count of conflicts) assert(count > 0 && count < ROUNDS / 5, String(conflicts));

  // Alone it soon relies on its memory again, and every read would fail.
  for (let i = 0; i < ROUNDS; i++) await perform(0);
  cluster.node(0).watchful.getMany = () => Promise.reject(new Error("nothing has to be read"));
  for (let i = 0; i < ROUNDS; i++) await perform(0);

  assert.deepEqual(
    cluster.attempts.map(({ seqs }) => seqs?.[0]),
    cluster.attempts.map((_, i) => i + 1),
  );
  assert.deepEqual(cluster.nodes.map(({ trouble }) => trouble.length), conflicts);
  await cluster.calmDown();
  await audit(cluster);
});
