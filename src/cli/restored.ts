import { systemClock } from "../clock.ts";
import { areInstancesAtWork } from "../cluster/lease.ts";
import type { Config } from "../config/config.ts";
import { describeKv } from "../config/kv.ts";
import { describeStartError } from "../server/describe_start_error.ts";
import { openKv } from "../kv/open.ts";
import { Metrics } from "../ops/metrics.ts";
import { newEpoch, noDatabase, renewEpoch } from "../store/database.ts";
import { parseArguments } from "./arguments.ts";
import { CommandFailed, run, UsageError } from "./run.ts";

const USAGE = "Usage: deno task restored";

/**
 * Gives a database that was restored from a backup a new epoch, so that every device starts over
 * instead of going on from a number that means something else now.
 *
 * @returns what was done
 * @throws {UsageError}
 * @throws {CommandFailed} when the KV can't be used, holds no database, or is in use
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
    // Whoever works on a file holds its lock, so that we could not have opened it.
    if (config.kv.kind !== "file" && await areInstancesAtWork(kv, systemClock)) {
      throw new CommandFailed(
        `Instances of Bellwire are at work on ${describeKv(config.kv)}. They know nothing of the ` +
          "restored state: stop all of them, run this again, and start them.",
      );
    }
    const { epoch } = await renewEpoch(kv, newEpoch);
    return `${describeKv(config.kv)} has the new epoch ${epoch}: all devices will start over.`;
  } catch (cause) {
    if (cause instanceof CommandFailed) throw cause;
    throw new CommandFailed(describeStartError(cause, config), { cause });
  }
}

/** Opening a file that is not there would make it. */
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
