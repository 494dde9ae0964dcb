import type { KvEngine, OpenKvOptions } from "../engine.ts";
import { DenoKv } from "./deno_kv.ts";
import { FileGuard } from "./file_guard.ts";
import { lockKvFile, unusable } from "./file_lock.ts";
import { DenoKeyWatcher } from "./key_watcher.ts";
import { kvFileIsOpen } from "./prepare.ts";
import { shareWriteLock } from "./write_lock.ts";

/** What `/ready` says of a KV file that is not at its path any more. */
const FILE_GONE = "The KV file is not at its path any more; the log says more";
/**
 * A local file takes 100 checks; groups of more than some 32 streams only make each wait longer, and
 * 36 are four chunks of eight recipients, each with its record. It has one writer, so that more than
 * two commits would stand in line.
 */
const LIMITS = { checksMax: 36, commitsMax: 2 };

/** Opens an SQLite file of Deno KV. Throws `StartError`. */
export async function openFileEngine(path: string, options: OpenKvOptions): Promise<KvEngine> {
  const { turns, clock, cleanUp, onFileGone = () => {} } = options;
  if (turns === undefined) cleanUp.use(await lockKvFile(path));
  const handle = await openHandle(path);
  const guard = new FileGuard(path, onFileGone);
  const kv = guard.guard(new DenoKv(handle));
  cleanUp.defer(() => kv.close());
  const fault = () => guard.gone && FILE_GONE;
  if (turns === undefined) return { kv, fault, ...LIMITS };
  return {
    kv: shareWriteLock(kv, { clock, turns }),
    fault,
    // Two handles on one file in an isolate would lock each other out, so the watcher shares this one.
    keyWatcher: new DenoKeyWatcher(handle, options),
    ...LIMITS,
  };
}

async function openHandle(path: string): Promise<Deno.Kv> {
  try {
    const kv = await Deno.openKv(path);
    await kvFileIsOpen(path);
    return kv;
  } catch (cause) {
    throw unusable(path, cause);
  }
}
