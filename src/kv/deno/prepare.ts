import { quickCheck, readHeader } from "./sqlite.ts";
import { StartError } from "../../errors.ts";

/** Larger files are not read from end to end at each start; it takes about a second. */
const CHECKED_MAX = 256 * 1024 * 1024;

/**
 * Looks at a KV file before it is opened, and makes a new one where there is none: readable for its
 * owner only, as are the files that SQLite puts beside it. To be called under the file's lock.
 *
 * SQLite takes an empty file for a new database, and Deno KV may end the process over a damaged one.
 *
 * @throws {StartError}
 */
export async function prepareKvFile(path: string): Promise<void> {
  const size = await sizeOf(path);
  const wal = await sizeOf(`${path}-wal`);
  if (size === undefined) {
    if (wal !== undefined && wal > 0) {
      throw refusal(path, "is missing, but its -wal is there", ORPHAN);
    }
    // Where the process dies before SQLite has written anything, the next one has to know why.
    await Deno.writeTextFile(creating(path), "");
    const file = await Deno.open(path, { create: true, write: true, mode: 0o600 });
    file.close();
    return;
  }
  if (size === 0) {
    if (await sizeOf(creating(path)) !== undefined) return;
    throw refusal(path, "is empty (0 bytes), which a database never is", EMPTY);
  }
  const header = await readHeader(path);
  if (header === undefined) throw refusal(path, "is no SQLite database", FOREIGN);
  // What is in the -wal may not have been copied into the file yet.
  if (!wal && size < header.bytes) {
    throw refusal(path, `is cut short: ${size} of ${header.bytes} bytes are left`, DAMAGED);
  }
  const damage = size + (wal ?? 0) <= CHECKED_MAX ? await quickCheck(path) : undefined;
  if (damage !== undefined) throw refusal(path, `is damaged: ${damage}`, DAMAGED);
}

/** To be called once the file is open: from now on it is never empty. */
export async function kvFileIsOpen(path: string): Promise<void> {
  try {
    await Deno.remove(creating(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

const ORPHAN =
  "Put the database back beside it, or, to start with a new one, delete the -wal and the " +
  "-shm too.";
const EMPTY =
  "A restore or a mount has likely failed. Put the backup in its place, or, to start with a " +
  "new database, delete the file.";
const FOREIGN = "Check the path in BELLWIRE_KV, or put the backup in its place.";
const DAMAGED =
  "Restore the latest backup (docs/operations.md tells how), or save what can be read with " +
  "`sqlite3 FILE .recover`.";

function refusal(path: string, fault: string, remedy: string): StartError {
  return new StartError(`The KV file ${path} (BELLWIRE_KV) ${fault}. ${remedy}`);
}

/** Lies beside a file while it is made. */
function creating(path: string): string {
  return `${path}.creating`;
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
