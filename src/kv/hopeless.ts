/**
 * Whether a call can never succeed: Deno refuses it before sending and names the limit
 * ("Value too large (max 65536 bytes)"), or the server does ("status=400 …: Too many checks"). What
 * only sounds alike, such as "Too many open files" or "Too Many Requests", passes, and an earlier
 * sending of the operation may still be applied.
 */
export function exceedsKvLimits(error: unknown): boolean {
  return error instanceof Error &&
    /too (large|many).*\(max \d|status=400.*too (large|many)/i.test(error.message);
}
