import { type Clock, pause } from "../clock.ts";
import type { Kv, KvMutation } from "../kv/kv.ts";
import { utf8 } from "../store/codec/bytes.ts";
import { parseRecord } from "../store/codec/records.ts";
import { ranges } from "../store/keys.ts";

/** The row by which an instance shows that it is alive: it renews the row every two seconds. */
export interface Lease {
  /** How often the lease was renewed. */
  readonly beat: number;
  /** Milliseconds that the instance's clock is ahead of the reference; absent until it is known. */
  readonly ahead?: number;
}

export function encodeLease(lease: Lease): Uint8Array<ArrayBuffer> {
  return utf8(JSON.stringify(lease));
}

/**
 * How far ahead of the reference the clock of a lease's instance is. Undefined if the lease does not say:
 * earlier versions wrote the beat alone. Throws `CorruptRecord` if the lease cannot be read.
 */
export function aheadOf(value: Uint8Array): number | undefined {
  const { ahead } = parseRecord(value) as { ahead?: unknown };
  return typeof ahead === "number" && Number.isFinite(ahead) ? ahead : undefined;
}

/** Leases that nobody renews count as dead after this time: a live instance shows within it. */
const WATCH_MS = 8_000;
const LOOK_MS = 500;
const LOOK_MAX = 1_000;

/**
 * Whether any instance works on a KV that several can share: a lease is renewed, or a new one appears,
 * within eight seconds. A lease that only exists, as in a backup, proves nothing.
 */
export async function areInstancesAtWork(kv: Kv, clock: Clock): Promise<boolean> {
  const before = await versions(kv);
  const end = clock.monotonic() + WATCH_MS;
  while (clock.monotonic() < end) {
    await pause(clock, LOOK_MS);
    for (const [id, version] of await versions(kv)) {
      if (before.get(id) !== version) return true;
    }
  }
  return false;
}

async function versions(kv: Kv): Promise<Map<string, string>> {
  const rows = await kv.list(ranges.instances(), { limit: LOOK_MAX });
  return new Map(rows.map(({ key, versionstamp }) => [String(key[1]), versionstamp]));
}

const PAGE = 500;

/**
 * Deletes all leases and remote events of a KV file that this process alone has open: they were left by
 * instances that crashed. Otherwise a publisher that repeats a call of a crashed instance would have to
 * wait until that lease counts as dead.
 */
export async function purgeStaleInstances(kv: Kv): Promise<void> {
  for (const range of [ranges.instances(), ranges.wakes(), ranges.allMail()]) {
    for (;;) {
      const rows = await kv.list(range, { limit: PAGE });
      const mutations = rows.map(({ key }): KvMutation => ({ kind: "delete", key }));
      if (mutations.length > 0) await kv.commit({ checks: [], mutations });
      if (rows.length < PAGE) break;
    }
  }
}
