import type { Head } from "../../domain/head.ts";
import type { ItemFlags, Seq } from "../../domain/item.ts";
import type { LogReader, StoredItem } from "../../store/log_reader.ts";
import type { FlaggedItem } from "../protocol/encode_message.ts";
import type { Subscription } from "./subscription.ts";

/** Items that are read at once for a reset: with large ones few of them fit. */
const RESET_READ = 25;

/** The flags of a live item for the session's user; undefined where the user does not have the item. */
export function flagsIn(
  head: Head,
  { channel, active }: Subscription,
  seq: Seq,
): ItemFlags | undefined {
  return channel.flagsOf(seq, head, active);
}

/** A stored item with its flags; nothing where it is not there for the user. */
export function withFlags(item: StoredItem, head: Head, subscription: Subscription): FlaggedItem[] {
  const flags = flagsIn(head, subscription, item.seq);
  return flags === undefined ? [] : [{ ...item, flags }];
}

/** The newest live items that are there for the session's user, newest first. */
function newestSeqs(head: Head, subscription: Subscription, limit: number): Seq[] {
  const seqs: Seq[] = [];
  head.live.visitNewestFirst(Infinity, head.seenUpTo, (seq) => {
    if (flagsIn(head, subscription, seq) !== undefined) seqs.push(seq);
    return seqs.length < limit;
  });
  return seqs;
}

/** Reads the newest items that the session's user has, newest first, until they have `maxBytes`. */
export async function readNewest(
  log: LogReader,
  subscription: Subscription,
  { head, limit, maxBytes }: { head: Head; limit: number; maxBytes: number },
): Promise<StoredItem[]> {
  const { stream } = subscription.channel;
  const seqs = newestSeqs(head, subscription, limit);
  const items: StoredItem[] = [];
  let bytes = 0;
  for (let i = 0; i < seqs.length && bytes <= maxBytes; i += RESET_READ) {
    const some = await log.items(stream, head, seqs.slice(i, i + RESET_READ).reverse());
    for (const item of some.reverse()) {
      items.push(item);
      bytes += item.bytes;
    }
  }
  return items;
}
