import type { Kv, KvKey, KvOperation } from "../kv.ts";
import { sendThrough, withCommit } from "../wrap.ts";

/** From about this size in bytes on, Deno writes a commit to its connection in two pieces. */
const TWO_PIECES = 900;
/** What a key, a check and a mutation take besides the value, about, in bytes. */
const OVERHEAD = 60;
const ABSENT: KvKey = ["probe", "nudge"];

/**
 * Makes large commits to a `denokv` server take one millisecond instead of 45.
 *
 * Deno sends a commit of more than a kilobyte in two writes and leaves Nagle's algorithm on, so that
 * the second one waits for the acknowledgement of the first, which the server's system delays by 40 ms
 * (RFC 896, RFC 1122 4.2.3.2). The answer to any other request carries that acknowledgement along: so a
 * tiny read goes just ahead of each such commit. Measured with Deno 2.9.6 and denokv 0.14.0.
 */
export function readBeforeLargeCommits(kv: Kv): Kv {
  return withCommit(kv, (operation) => {
    // Its answer is not used, nor whether there is one.
    if (sizeOf(operation) > TWO_PIECES) kv.get(ABSENT).catch(() => {});
    return kv.commit(operation);
  });
}

function sizeOf({ checks, mutations }: KvOperation): number {
  let size = (checks.length + mutations.length) * OVERHEAD;
  for (const mutation of mutations) {
    if (mutation.kind === "set") size += mutation.value.length;
  }
  return size;
}

/**
 * Spreads calls over several handles of one KV, each on a connection of its own: a call goes to the
 * connection with the fewest calls that are not answered.
 *
 * Calls that share a connection to a `denokv` server hold each other up: both sides leave Nagle's
 * algorithm on, and an answer of two pieces, or the second of two answers, then waits until the other
 * side has something to say, or for its delayed acknowledgement 40 ms later (RFC 896, RFC 1122
 * 4.2.3.2). Where question and answer alternate, nothing has to wait.
 *
 * @param handles of the same KV; at least one
 */
export function spreadCalls(handles: readonly Kv[]): Kv {
  const connections = handles.map((kv) => ({ kv, unanswered: 0 }));
  return sendThrough(async (run) => {
    const connection = connections.reduce((best, other) =>
      other.unanswered < best.unanswered ? other : best
    );
    connection.unanswered++;
    try {
      return await run(connection.kv);
    } finally {
      connection.unanswered--;
    }
  }, () => handles.forEach((kv) => kv.close()));
}
