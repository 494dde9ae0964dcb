import type { StreamName } from "../../domain/stream_name.ts";
import { timeOf } from "../../encoding/uuid_v7.ts";
import { publishCodec, recipientsCodec } from "../codec/records.ts";
import { text } from "../codec/bytes.ts";
import { CHECKS_MAX } from "../journal/entry.ts";
import { ranges } from "../keys.ts";
import type { Kv, KvListed, KvMutation, Versionstamp } from "../../kv/kv.ts";
import { ERASED } from "../publish/notification_writer.ts";
import { forEachPage, type RowReader } from "../rows.ts";

export interface Kept {
  /** How long it is kept where a notification went, in milliseconds. */
  readonly keptMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly rows: RowReader;
}

/** What is rewritten lives at least so long: the original's end is not known to the millisecond. */
const SOON_MS = 3_600_000;
const YEAR_MS = 366 * 86_400_000;

/** Takes a user out of the recipients of what is still to be sent. */
export async function removeFromScheduled(
  kv: Kv,
  stream: StreamName,
  kept: Kept,
): Promise<void> {
  await rewrite(kv, {
    range: ranges.allScheduled(),
    rows: kept.rows,
    names: (row) => Number(row.key[2]) > 0 && names(row, stream),
    write: (row) =>
      recipientsCodec.encode(
        recipientsCodec.decode(row.value).map((own) => own === stream ? ERASED : own),
      ),
    expireIn: () => kept.keptMs + YEAR_MS,
  });
}

/** Takes a user out of the records of where notifications went, as far as a commit had come. */
export async function removeFromPublished(
  kv: Kv,
  stream: StreamName,
  { rows, keptMs, now, before }: Kept & { before: Versionstamp },
): Promise<void> {
  await rewrite(kv, {
    range: ranges.published(),
    rows,
    names: (row) => row.versionstamp <= before && names(row, stream),
    write: (row) => {
      const record = publishCodec.decode(row.value);
      const deliveries = record.deliveries.filter(([own]) => own !== stream);
      return publishCodec.encode({ ...record, deliveries });
    },
    expireIn: ({ key }) => {
      // A key that is no id of ours has no time in it; one made by a clock that was ahead, a future one.
      const made = timeOf(String(key[1])) || now;
      const age = Math.max(0, now - made);
      return Math.max(SOON_MS, keptMs - age);
    },
  });
}

/** A cheap look before anything is decoded: a name in a record is a JSON string. */
function names({ value }: KvListed, stream: StreamName): boolean {
  return text(value).includes(JSON.stringify(stream));
}

async function rewrite(
  kv: Kv,
  { range, rows: reader, names, write, expireIn }: {
    range: Parameters<typeof forEachPage>[1];
    rows: RowReader;
    names: (row: KvListed) => boolean;
    write: (row: KvListed) => Uint8Array<ArrayBuffer>;
    expireIn: (row: KvListed) => number;
  },
): Promise<void> {
  // Whatever changed in between is looked at again, until a round finds nothing to do.
  for (let again = true; again;) {
    again = false;
    await forEachPage(kv, range, async (rows) => {
      const named = rows.filter(names);
      for (let i = 0; i < named.length; i += CHECKS_MAX) {
        const some = named.slice(i, i + CHECKS_MAX);
        const { ok } = await kv.commit({
          checks: some.map(({ key, versionstamp }) => ({ key, versionstamp })),
          mutations: some.map((row): KvMutation => {
            const { key } = row;
            const value = reader.read(row, () => write(row));
            // It is of no use to anything, and names the user.
            if (value === undefined) return { kind: "delete", key };
            return { kind: "set", key, value, expireIn: expireIn(row) };
          }),
        });
        if (!ok) again = true;
      }
    });
  }
}
