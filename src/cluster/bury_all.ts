import { ranges } from "../store/keys.ts";
import type { Kv, KvMutation, KvRange } from "../kv/kv.ts";

const PAGE = 500;

/**
 * Deletes all leases, and all mail, of a KV that nobody else works on: those who left them have ended
 * without a chance to do it themselves. Nobody has to wait then for leases to be found standing still,
 * as a publisher who repeats what a dead instance had begun.
 */
export async function buryAll(kv: Kv): Promise<void> {
  for (const range of [ranges.instances(), ranges.wakes(), ranges.allMail()]) {
    await deleteAll(kv, range);
  }
}

async function deleteAll(kv: Kv, range: KvRange): Promise<void> {
  for (;;) {
    const rows = await kv.list(range, { limit: PAGE });
    const mutations = rows.map(({ key }): KvMutation => ({ kind: "delete", key }));
    if (mutations.length > 0) await kv.commit({ checks: [], mutations });
    if (rows.length < PAGE) return;
  }
}
