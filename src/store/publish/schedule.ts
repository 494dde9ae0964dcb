import { Buffer } from "node:buffer";
import type { Item } from "../../domain/item.ts";
import type { StreamName, UserId } from "../../domain/stream_name.ts";
import { text, utf8 } from "../codec/bytes.ts";
import { dueCodec, publishCodec, recipientsCodec } from "../codec/records.ts";
import type { Journal } from "../journal/journal.ts";
import { keys, ranges } from "../keys.ts";
import type { Kv, KvKey, KvMutation } from "../../kv/kv.ts";
import { headerOf, type LinkedRow, sentRow } from "./notification_writer.ts";
import { ServiceError } from "../../errors.ts";
import { collapseId } from "../../schemas/notification.ts";

/** A notification whose time is still to come. */
export interface Scheduled {
  readonly id: string;
  readonly item: Item;
  readonly streams: readonly StreamName[];
  /** Milliseconds since the epoch. */
  readonly sendAt: number;
  /** The user who publishes it; only where it is stored for the first time. */
  readonly from?: UserId | undefined;
}

/** Bytes of the recipients in a row: below the 64 KiB of a KV value. */
const ROW_BYTES = 48 * 1024;
/** Bytes of all recipients: with the item below the 800 KiB of a commit. */
const RECIPIENTS_BYTES = 512 * 1024;
/** Rows that a notification takes at most while it waits: the item, and its recipients. */
const ROWS_MAX = 14;

/** The row under which a notification is to be sent. */
export function sendKey({ id, sendAt }: Pick<Scheduled, "id" | "sendAt">): KvKey {
  return keys.due(sendAt, id, 0);
}

/**
 * Stores a notification until its time: the item, its recipients, the record of where it went, the row
 * that makes it due, and what is linked to it, in one commit.
 *
 * @param options `keptMs`: for how long it is remembered once it was sent
 */
export async function schedule(
  scheduled: Scheduled,
  { journal, now, keptMs, linkedRow }: {
    journal: Journal;
    /** Milliseconds since the epoch. */
    now: number;
    keptMs: number;
    linkedRow: LinkedRow | undefined;
  },
): Promise<void> {
  const { id, item, streams, sendAt } = scheduled;
  const place = keys.publish(id, 0);
  const expireIn = Math.max(0, sendAt - now) + keptMs;
  const mutations: KvMutation[] = [
    {
      kind: "set",
      key: place,
      value: publishCodec.encode({ deliveries: [], ...headerOf(scheduled), scheduled: true }),
      expireIn,
    },
    { kind: "set", key: sendKey(scheduled), value: dueCodec.encode({ kind: "send" }) },
    { kind: "set", key: keys.scheduled(id, 0), value: utf8(item.json), expireIn },
  ];
  const { from } = scheduled;
  if (from !== undefined) mutations.push(sentRow({ id, from }, expireIn));
  const { rows, bytes } = inRows(streams);
  for (const [i, row] of rows.entries()) {
    const value = recipientsCodec.encode(row);
    mutations.push({ kind: "set", key: keys.scheduled(id, i + 1), value, expireIn });
  }
  await journal.append({
    parts: [],
    reads: linkedRow === undefined ? [place] : [place, linkedRow.key],
    validate: ([, linked]) => {
      if (linked !== undefined) linkedRow?.validate(linked);
    },
    complete: () => ({
      mutations: mutations.concat(linkedRow?.mutations() ?? []),
      result: undefined,
    }),
    bytes: item.bytes.length + bytes,
  });
}

/**
 * The recipients in their order, as many in a row as fit.
 *
 * @throws {ServiceError} `payload_too_large`
 */
function inRows(streams: readonly StreamName[]): { rows: StreamName[][]; bytes: number } {
  const rows: StreamName[][] = [];
  let bytes = 0;
  let room = 0;
  for (const stream of streams) {
    // A comma or a bracket comes with each.
    const size = Buffer.byteLength(JSON.stringify(stream)) + 1;
    bytes += size;
    if (size > room) {
      rows.push([]);
      room = ROW_BYTES;
    }
    rows.at(-1)?.push(stream);
    room -= size;
  }
  if (bytes <= RECIPIENTS_BYTES) return { rows, bytes };
  throw new ServiceError(
    "payload_too_large",
    "The ids of the recipients take more than 512 KiB: name fewer in one call",
  );
}

/** What {@link schedule} stored; undefined where it was sent or cancelled since. */
export async function readScheduled(
  kv: Kv,
  { id, sendAt }: Pick<Scheduled, "id" | "sendAt">,
): Promise<Scheduled | undefined> {
  const [item, ...recipients] = await kv.list(ranges.scheduled(id), { limit: ROWS_MAX });
  if (item === undefined) return undefined;
  const streams = recipients.flatMap(({ value }) => recipientsCodec.decode(value));
  return { id, item: itemFrom(id, item.value), streams, sendAt };
}

/** Deletes the rows that {@link schedule} made for the time until it is sent. */
export function unscheduled(scheduled: Pick<Scheduled, "id" | "sendAt">): KvMutation[] {
  const rows = Array.from({ length: ROWS_MAX }, (_, row) => keys.scheduled(scheduled.id, row));
  return [sendKey(scheduled), ...rows].map((key) => ({ kind: "delete", key }));
}

/** The item's own JSON says all there is to know of it. */
function itemFrom(id: string, bytes: Uint8Array): Item {
  const json = text(bytes);
  const { collapseKey, from, expiresAt } = JSON.parse(json) as {
    collapseKey?: string;
    from?: string;
    expiresAt?: string;
  };
  return {
    id,
    json,
    bytes: utf8(json),
    ...(collapseKey === undefined ? {} : { collapseKey: collapseId(collapseKey, from) }),
    ...(expiresAt === undefined ? {} : { expiresAt: Date.parse(expiresAt) }),
  };
}
