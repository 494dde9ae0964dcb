const MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;
/** Offsets in the header, as https://www.sqlite.org/fileformat.html#the_database_header has them. */
const PAGE_SIZE = 16;
const CHANGES = 24;
const PAGES = 28;
const VALID_FOR = 92;

/** What an SQLite database says of itself. */
export interface SqliteHeader {
  /** Bytes that the file has at least; 0 where it does not say. */
  readonly bytes: number;
}

/** The header of a database; undefined for a file that is none. */
export async function readHeader(path: string): Promise<SqliteHeader | undefined> {
  const bytes = new Uint8Array(HEADER_BYTES);
  using file = await Deno.open(path);
  let read = 0;
  while (read < HEADER_BYTES) {
    const more = await file.read(bytes.subarray(read));
    if (more === null) return undefined;
    read += more;
  }
  if (new TextDecoder().decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) return undefined;
  const view = new DataView(bytes.buffer);
  // 65,536 does not fit into two bytes; 1 stands for it.
  const pageSize = view.getUint16(PAGE_SIZE) === 1 ? 65_536 : view.getUint16(PAGE_SIZE);
  const isKnown = view.getUint32(CHANGES) === view.getUint32(VALID_FOR);
  return { bytes: isKnown ? view.getUint32(PAGES) * pageSize : 0 };
}

/** What is wrong with the structure of a database; undefined where nothing is. */
export async function quickCheck(path: string): Promise<string | undefined> {
  const { DatabaseSync } = await import("node:sqlite");
  try {
    using database = new DatabaseSync(path, { readOnly: true });
    const row = database.prepare("PRAGMA quick_check(1)").get() as { quick_check?: unknown };
    const said = String(row?.quick_check);
    return said === "ok" ? undefined : said.split("\n").at(-1);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Rewrites a database without what was deleted. No other process may have it open. Deno lets SQLite do
 * that only in a process that has all permissions, as it attaches another database meanwhile.
 */
export async function compact(path: string): Promise<void> {
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(path);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
}
