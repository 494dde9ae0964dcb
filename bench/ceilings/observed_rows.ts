import type { RowShapes } from "./row_shapes.ts";

const ROWS_MAX = 20_000;

/**
 * The rows that a service left behind in its KV file, so that the ceiling commits the same ones. All
 * rows of one commit have one versionstamp, which shows how they were batched. `undefined` where
 * nothing was published.
 */
export async function observeRows(path: string): Promise<RowShapes | undefined> {
  using kv = await Deno.openKv(path);
  const heads = await sizes(kv, "head");
  const items = await sizes(kv, "item");
  const publishes = await sizes(kv, "publish");
  const markers = await sizes(kv, "commit");
  if (heads.count === 0 || publishes.count === 0) return undefined;
  return {
    headBytes: heads.mean,
    itemBytes: items.mean,
    publishBytes: publishes.mean,
    markerBytes: markers.mean,
    // These rows alone lie in the order of time, so that whole commits are seen of however many.
    headsPerCommit: publishes.mostInOneCommit,
  };
}

async function sizes(kv: Deno.Kv, kind: string) {
  const commits = new Map<string, number>();
  let bytes = 0;
  let count = 0;
  const rows = kv.list<Uint8Array>({ prefix: [kind] }, { limit: ROWS_MAX, batchSize: 500 });
  for await (const { value, versionstamp } of rows) {
    bytes += value.length;
    count++;
    commits.set(versionstamp, (commits.get(versionstamp) ?? 0) + 1);
  }
  return {
    count,
    mean: count === 0 ? 0 : Math.round(bytes / count),
    mostInOneCommit: Math.max(0, ...commits.values()),
  };
}
