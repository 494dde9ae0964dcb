import { createHash } from "node:crypto";

/**
 * By what a `collapseKey` is told apart in a stream. Users have theirs to themselves: none can make
 * somebody else's notification vanish by naming its key. It does not give the sender away, since rows
 * that name nobody need not be found when a user is erased.
 *
 * @param from the user who published it; a publisher's key is taken as it is
 */
export function collapseId(collapseKey: string, from: string | undefined): string {
  if (from === undefined) return collapseKey;
  return createHash("sha256").update(JSON.stringify([from, collapseKey])).digest("base64url");
}
