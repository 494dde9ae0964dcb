import { dirname } from "node:path";
import { prepareKvFile } from "./prepare.ts";
import { StartError } from "../../errors.ts";

/**
 * Takes the lock of a KV file for this process, checks that the file can be opened, and makes it and its
 * folder where there are none. Rejects with {@link StartError}.
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
    throw cause instanceof StartError ? cause : unusable(path, cause);
  }
}

/** An error for a KV file that can't be opened. */
export function unusable(path: string, cause: unknown): StartError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StartError(`The KV file ${path} (BELLWIRE_KV) can't be used: ${reason}`, { cause });
}

/** An OS lock on a file beside the KV file: it ends with the process, however the process ends. */
function lockFile(path: string): Disposable {
  const file = Deno.openSync(`${realPath(path)}.lock`, { create: true, write: true });
  if (!file.tryLockSync(true)) {
    file.close();
    throw new StartError(
      `Another Bellwire already uses ${path}. Two processes can't share one file: stop the other one, ` +
        "give this one its own file (BELLWIRE_KV=./other.db), or let both use a denokv server " +
        "(BELLWIRE_KV=http://127.0.0.1:4512).",
    );
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
