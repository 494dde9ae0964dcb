import type { Head } from "../../domain/head.ts";
import type { ItemFlags, Seq } from "../../domain/item.ts";
import type { StoredItem } from "../../store/log_reader.ts";
import type { FlaggedItem } from "../protocol/encode_message.ts";
import type { Subscription } from "./subscription.ts";

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
export function newestSeqs(head: Head, subscription: Subscription, limit: number): Seq[] {
  const seqs: Seq[] = [];
  head.live.visitNewestFirst(Infinity, head.seenUpTo, (seq) => {
    if (flagsIn(head, subscription, seq) !== undefined) seqs.push(seq);
    return seqs.length < limit;
  });
  return seqs;
}
