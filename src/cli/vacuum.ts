import type { Config } from "../config/config.ts";
import { describeKv } from "../config/kv.ts";
import { describeStartError } from "../server/describe_start_error.ts";
import { lockKvFile } from "../kv/deno/file_lock.ts";
import { compact } from "../kv/deno/sqlite.ts";
import { parseArguments } from "./arguments.ts";
import { CommandFailed, run, UsageError } from "./run.ts";
import { noDatabase } from "../store/database.ts";

const USAGE = "Usage: deno task vacuum";
const MIB = 1024 * 1024;

/**
 * Rewrites a KV file, so that what was deleted, such as an erased user's name, is not left in pages that
 * are free. The service must not run meanwhile.
 *
 * @returns what was done
 * @throws {UsageError}
 * @throws {CommandFailed} when there is no file, or it is in use, or can't be rewritten
 */
export async function vacuum(args: readonly string[], config: Config): Promise<string> {
  const { positionals } = parseArguments(args, { usage: USAGE, names: [] });
  if (positionals.length > 0) throw new UsageError(USAGE);
  const { kv } = config;
  if (kv.kind !== "file") {
    throw new CommandFailed(
      `${describeKv(kv)} is no file of this machine. Stop its server, and run there: ` +
        "sqlite3 FILE VACUUM",
    );
  }
  try {
    const before = await sizeOf(kv.path);
    using _lock = await lockKvFile(kv.path);
    await compact(kv.path);
    const after = await sizeOf(kv.path);
    return `${kv.path} is rewritten: ${inMib(before)} before, ${
      inMib(after)
    } now. What was deleted ` +
      "is not in it any more.";
  } catch (cause) {
    throw new CommandFailed(describeStartError(cause, config), { cause });
  }
}

/** Bytes. Opening a file that is not there would make it. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw noDatabase();
    throw error;
  }
}

function inMib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

if (import.meta.main) await run(vacuum);
