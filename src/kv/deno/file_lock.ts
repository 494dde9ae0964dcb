import { dirname } from "node:path";
import { KvUnusable } from "../engine.ts";
import { KvFileUnusable, prepareKvFile } from "./prepare.ts";

/** Another process works on the same KV file. */
export class FileInUse extends Error {
  override readonly name = "FileInUse";
  constructor(path: string) {
    super(
      `Another Bellwire already uses ${path}. Two processes can't share one file: stop the other one, ` +
        "give this one its own file (BELLWIRE_KV=./other.db), or let both use a denokv server " +
        "(BELLWIRE_KV=http://127.0.0.1:4512).",
    );
  }
}

/**
 * Takes the lock of a KV file for this process, checks that the file can be opened, and makes it and its
 * folder where there are none. Rejects with {@link FileInUse} and {@link KvUnusable}.
 *
 * @returns the lock; it is held until it is disposed of
 */
export async function lockKvFile(path: string): Promise<Disposable> {
  let lock: Disposable | undefined;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    lock = lockFile(path);
    await prepareKvFile(path);
    return lock;
  } catch (cause) {
    lock?.[Symbol.dispose]();
    if (cause instanceof KvFileUnusable) throw new KvUnusable(cause.message, { cause });
    throw cause instanceof FileInUse ? cause : unusable(path, cause);
  }
}

/** An error for a KV file that can't be opened. */
export function unusable(path: string, cause: unknown): KvUnusable {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KvUnusable(`The KV file ${path} (BELLWIRE_KV) can't be used: ${reason}`, { cause });
}

/** An OS lock on a file beside the KV file: it ends with the process, however the process ends. */
function lockFile(path: string): Disposable {
  const file = Deno.openSync(`${realPath(path)}.lock`, { create: true, write: true });
  if (!file.tryLockSync(true)) {
    file.close();
    throw new FileInUse(path);
  }
  return file;
}

/** A file has one lock, by whatever link it is reached. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    // The file does not exist yet.
    return path;
  }
}
