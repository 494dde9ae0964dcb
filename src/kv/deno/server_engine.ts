import type { KvConfig } from "../../config/kv.ts";
import type { KvEngine, OpenKvOptions } from "../engine.ts";
import type { Kv } from "../kv.ts";
import { DenoKv } from "./deno_kv.ts";
import { DenoKeyWatcher } from "./key_watcher.ts";
import { KvServerClock } from "./server_clock.ts";
import { readBeforeLargeCommits, spreadCalls } from "./server_latency.ts";
import { StartError } from "../../errors.ts";

type ServerConfig = Exclude<KvConfig, { kind: "file" }>;

/** A `denokv` server takes no more than 10 checks; several commits share the way to it and its disk. */
const LIMITS = { checksMax: 10, commitsMax: 6 };
/** Enough for those commits and the reads beside them to have one each. */
const CONNECTIONS = 8;

/** Opens the KV of a `denokv` server, or of Deno Deploy. Throws {@link StartError}. */
export async function openServerEngine(
  config: ServerConfig,
  options: OpenKvOptions,
): Promise<KvEngine> {
  // Deno reads the token from this variable only; it may come from a file, or have spaces around it.
  const accessToken = config.kind === "server" ? config.accessToken : undefined;
  if (accessToken !== undefined) Deno.env.set("DENO_KV_ACCESS_TOKEN", accessToken);
  const open = () => Deno.openKv(config.kind === "deploy" ? undefined : config.url);
  const connections: Kv[] = [];
  let watching: Deno.Kv;
  try {
    while (connections.length < (config.kind === "deploy" ? 1 : CONNECTIONS)) {
      const connection = readBeforeLargeCommits(new DenoKv(await open()));
      options.cleanUp.defer(() => connection.close());
      connections.push(connection);
    }
    // A watch that shares its connection with other calls makes all of them slow.
    watching = await open();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`The KV can't be opened. ${reason}\n${remedy(config)}`, { cause });
  }
  options.cleanUp.defer(() => watching.close());
  return {
    kv: spreadCalls(connections),
    keyWatcher: new DenoKeyWatcher(watching, options),
    ...(config.kind === "server" && { reference: new KvServerClock(config.url, options.clock) }),
    ...LIMITS,
  };
}

function remedy(config: ServerConfig): string {
  return config.kind === "deploy"
    ? "Attach a Deno KV database to this app."
    : "Check that the denokv server runs at the address in BELLWIRE_KV, and that " +
      "DENO_KV_ACCESS_TOKEN is the token it was started with.";
}
