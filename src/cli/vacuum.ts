import type { Config } from "../config/config.ts";
import { describeKv } from "../config/kv.ts";
import { describeStartError } from "../server/describe_start_error.ts";
import { lockKvFile } from "../kv/deno/file_lock.ts";
import { compact } from "../kv/deno/sqlite.ts";
import { CommandFailed, parseArguments, run, UsageError } from "./run.ts";
import { noDatabase } from "../store/database.ts";

const USAGE = "Usage: deno task vacuum";
const MIB = 1024 * 1024;

/**
 * Rewrites a KV file, so that its free pages hold no deleted data, such as an erased user's name. The
 * service must not run meanwhile.
 *
 * @returns what was done
 * @throws {UsageError}
 * @throws {CommandFailed} if the file does not exist, is in use, or cannot be rewritten
 */
export async function vacuum(args: readonly string[], config: Config): Promise<string> {
  const { positionals } = parseArguments(args, { usage: USAGE, names: [] });
  if (positionals.length > 0) throw new UsageError(USAGE);
  const { kv } = config;
  if (kv.kind !== "file") {
    throw new CommandFailed(
      `${describeKv(kv)} is not a file on this machine. Stop its server, and run there: ` +
        "sqlite3 FILE VACUUM",
    );
  }
  try {
    const before = await sizeOf(kv.path);
    using _lock = await lockKvFile(kv.path);
    await compact(kv.path);
    const after = await sizeOf(kv.path);
    const sizes = `${inMib(before)} before, ${inMib(after)} now`;
    return `${kv.path} was rewritten: ${sizes}. It holds no deleted data any more.`;
  } catch (cause) {
    throw new CommandFailed(describeStartError(cause, config), { cause });
  }
}

/** The size in bytes. Opening a file that does not exist would create it. */
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
