/** Whether SQLite refused because another handle writes the file; Deno throws a `TypeError` then. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error && error.message.includes("database is locked");
}
