import { type Clock, pause } from "../clock.ts";
import { ranges } from "../store/keys.ts";
import type { Kv } from "../kv/kv.ts";

/** Leases are renewed every two seconds, and given up after eight: whoever lives shows within them. */
const WATCH_MS = 8_000;
const LOOK_MS = 500;
const LOOK_MAX = 1_000;

/**
 * Whether any instance is at work on a KV that several can share: whether a lease moves, or a new one
 * appears, within eight seconds. Leases that merely lie there, as in a backup, prove nothing.
 */
export async function areInstancesAtWork(kv: Kv, clock: Clock): Promise<boolean> {
  const before = await leases(kv);
  const end = clock.monotonic() + WATCH_MS;
  while (clock.monotonic() < end) {
    await pause(clock, LOOK_MS);
    for (const [id, version] of await leases(kv)) {
      if (before.get(id) !== version) return true;
    }
  }
  return false;
}

async function leases(kv: Kv): Promise<Map<string, string>> {
  const rows = await kv.list(ranges.instances(), { limit: LOOK_MAX });
  return new Map(rows.map(({ key, versionstamp }) => [String(key[1]), versionstamp]));
}
