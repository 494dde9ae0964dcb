import { DatabaseSync } from "node:sqlite";

/** Copies a KV file while others write it, as `sqlite3 <file> "VACUUM INTO '<copy>'"` does. */
export function backUp(file: string, copy: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec(`VACUUM INTO '${copy.replaceAll("'", "''")}'`);
  } finally {
    database.close();
  }
}

/** Puts a copy back; the file's companions belong to the state that is given up. */
export async function putBack(file: string, copy: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm"]) {
    await Deno.remove(file + suffix).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  await Deno.copyFile(copy, file);
}
