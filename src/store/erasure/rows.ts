import type { Kv, KvListed, KvRange, Versionstamp } from "../../kv/kv.ts";

const PAGE = 500;

/** Goes through all rows of a range, some at a time. */
export async function forEachPage(
  kv: Kv,
  { start, end }: KvRange,
  take: (rows: readonly KvListed[]) => Promise<void>,
): Promise<void> {
  for (let from = start;;) {
    const rows = await kv.list({ start: from, end }, { limit: PAGE });
    await take(rows);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    from = [...last.key, ""];
  }
}

/** Deletes the rows of ranges that were written no later than a commit. */
export async function deleteRows(
  kv: Kv,
  ranges: readonly KvRange[],
  before: Versionstamp,
): Promise<void> {
  for (const range of ranges) {
    await forEachPage(kv, range, async (rows) => {
      const mutations = rows.filter(({ versionstamp }) => versionstamp <= before)
        .map(({ key }) => ({ kind: "delete", key }) as const);
      if (mutations.length > 0) await kv.commit({ checks: [], mutations });
    });
  }
}
