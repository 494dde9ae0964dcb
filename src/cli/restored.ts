import { systemClock } from "../clock.ts";
import { areInstancesAtWork } from "../cluster/lease.ts";
import type { Config } from "../config/config.ts";
import { describeKv } from "../config/kv.ts";
import { describeStartError } from "../server/describe_start_error.ts";
import { openKv } from "../kv/open.ts";
import { Metrics } from "../ops/metrics.ts";
import { newEpoch, noDatabase, renewEpoch } from "../store/database.ts";
import { CommandFailed, parseArguments, run, UsageError } from "./run.ts";

const USAGE = "Usage: deno task restored";

/**
 * Gives a database that was restored from a backup a new epoch, so that every device starts over. The
 * numbers that devices remember may name other events now.
 *
 * @returns what was done
 * @throws {UsageError}
 * @throws {CommandFailed} if the KV cannot be used, holds no database, or is in use
 */
export async function restored(args: readonly string[], config: Config): Promise<string> {
  const { positionals } = parseArguments(args, { usage: USAGE, names: [] });
  if (positionals.length > 0) throw new UsageError(USAGE);
  await using cleanUp = new AsyncDisposableStack();
  try {
    await refuseMissingFile(config);
    const { kv } = await openKv(config.kv, {
      clock: systemClock,
      metrics: new Metrics(),
      cleanUp,
      onError() {},
    });
    // A running service holds the lock of a KV file, so the file could not have been opened.
    if (config.kv.kind !== "file" && await areInstancesAtWork(kv, systemClock)) {
      throw new CommandFailed(
        `Instances of Bellwire are running on ${describeKv(config.kv)}, and do not notice the ` +
          "restored state: stop all of them, run this command again, then start them.",
      );
    }
    const { epoch } = await renewEpoch(kv, newEpoch);
    return `${describeKv(config.kv)} has the new epoch ${epoch}: all devices will start over.`;
  } catch (cause) {
    if (cause instanceof CommandFailed) throw cause;
    throw new CommandFailed(describeStartError(cause, config), { cause });
  }
}

/** Opening a file that does not exist would create it. */
async function refuseMissingFile({ kv }: Config): Promise<void> {
  if (kv.kind !== "file") return;
  try {
    await Deno.stat(kv.path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw noDatabase();
    throw error;
  }
}

if (import.meta.main) await run(restored);
