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
 * Takes the lock of a KV file, an OS lock on a file beside it that ends with the process, however the
 * process ends. Throws {@link FileInUse} where another process has it.
 *
 * @returns the lock; it is held until it is disposed of
 */
export function lockFile(path: string): Disposable {
  const file = Deno.openSync(`${realPath(path)}.lock`, { create: true, write: true });
  if (!file.tryLockSync(true)) {
    file.close();
    throw new FileInUse(path);
  }
  return file;
}

/** So that a file has one lock, by whatever link it is reached. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    // It is yet to be made.
    return path;
  }
}
