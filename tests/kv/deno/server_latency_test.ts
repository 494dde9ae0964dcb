import assert from "node:assert/strict";
import type { KvKey, KvRow } from "../../../src/kv/kv.ts";
import { spreadCalls } from "../../../src/kv/deno/server_latency.ts";
import { MemoryKv } from "../../fakes/memory_kv.ts";

const KEY: KvKey = ["probe", "anything"];

/** A connection that answers reads when it is told to, and counts those that it has open. */
class SlowConnection extends MemoryKv {
  readonly open: PromiseWithResolvers<KvRow>[] = [];

  override get(): Promise<KvRow> {
    const call = Promise.withResolvers<KvRow>();
    this.open.push(call);
    return call.promise;
  }

  answer(): void {
    this.open.shift()?.resolve({ key: KEY, value: null, versionstamp: null });
  }
}

function openOn(connections: readonly SlowConnection[]): number[] {
  return connections.map(({ open }) => open.length);
}

Deno.test("a call has its connection for itself as long as there is one that nobody uses", async () => {
  const connections = [new SlowConnection(), new SlowConnection(), new SlowConnection()];
  const kv = spreadCalls(connections);
  const calls = [kv.get(KEY), kv.get(KEY), kv.get(KEY)];
  assert.deepEqual(openOn(connections), [1, 1, 1]);
  connections[1]?.answer();
  await calls[1];
  calls[1] = kv.get(KEY);
  assert.deepEqual(openOn(connections), [1, 1, 1]);
  for (let i = 0; i < 3; i++) calls.push(kv.get(KEY));
  assert.deepEqual(openOn(connections), [2, 2, 2], "what has to share shares evenly");
  for (const connection of connections) while (connection.open.length > 0) connection.answer();
  await Promise.all(calls);
});

Deno.test("a connection whose call failed is used again", async () => {
  const connections = [new SlowConnection(), new SlowConnection()];
  const kv = spreadCalls(connections);
  for (let i = 0; i < 4; i++) {
    const call = kv.get(KEY);
    assert.deepEqual(openOn(connections), [1, 0]);
    connections[0]?.open.shift()?.reject(new Error("gone"));
    await assert.rejects(call, /gone/);
  }
});
