import type { KvConfig } from "../config/kv.ts";
import { openFileEngine } from "./deno/file_engine.ts";
import { openServerEngine } from "./deno/server_engine.ts";
import type { KvEngine, OpenKvOptions } from "./engine.ts";
import type { Kv, KvCheck } from "./kv.ts";
import { wrapKv } from "./wrap.ts";
import { StartError } from "../errors.ts";

/**
 * Opens the KV that is configured, with a deadline on each call and metrics.
 *
 * Throws {@link StartError}.
 */
export async function openKv(config: KvConfig, options: OpenKvOptions): Promise<KvEngine> {
  const engine = config.kind === "file"
    ? await openFileEngine(config.path, options)
    : await openServerEngine(config, options);
  const kv = wrapKv(engine.kv, options);
  if (config.kind !== "file") await verifyChecks(kv, engine.checksMax);
  return { ...engine, kv };
}

/**
 * Makes sure that a KV looks at every check of a commit, up to the last one that will be used. Throws
 * {@link StartError}.
 */
async function verifyChecks(kv: Kv, count: number): Promise<void> {
  const there = ["probe", "checks"];
  const value = new Uint8Array();
  await kv.commit({
    checks: [],
    mutations: [{ kind: "set", key: there, value, expireIn: 60_000 }],
  });
  const checks: KvCheck[] = [];
  for (let i = 1; i < count; i++) checks.push({ key: ["probe", "absent", i], versionstamp: null });
  checks.push({ key: there, versionstamp: null });
  const { ok } = await kv.commit({ checks, mutations: [{ kind: "delete", key: there }] });
  if (ok) {
    throw new StartError(
      `The KV applied a commit although the last of its ${count} checks had failed. Bellwire can't ` +
        "work on it: use a denokv server of version 0.14 or later, Deno Deploy, or a local file.",
    );
  }
}
